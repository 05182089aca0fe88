"""Runs in the Windows Python, in a session: user_session.py JSON, prints JSON.

The argument is a list of [format, words]; what comes back is a list of [text, remarks, failed] or
[error], as the command line would have it.
"""

import io
import json
import sys

import pykd  # noqa: F401, brings the engine

from pykd_handle.render import user_renderer
from pykd_handle.usermode import connect_engine, parse_user_request
from pykd_handle.values import PykdHandleError
from pykd_handle.views import UserListing

# As pykd-ext does.
sys.setrecursionlimit(500)


def ask(form, words):
    source = connect_engine()
    try:
        request = parse_user_request(words.split(), source.evaluate)
        listing = UserListing(source, request)
        stream, remarks = io.StringIO(), io.StringIO()
        user_renderer(form)(stream, remarks, request).render(listing.records())
        return [stream.getvalue(), remarks.getvalue(), listing.failed]
    finally:
        source.close()


def answers(questions):
    found = []
    for form, words in questions:
        try:
            found.append(ask(form, words))
        except PykdHandleError as error:
            found.append([str(error)])
    return found


if __name__ == "__main__":
    print(json.dumps(answers(json.loads(sys.argv[1]))))
