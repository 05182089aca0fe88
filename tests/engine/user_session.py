"""Runs in the Windows Python, in a session: user_session.py JSON, prints JSON.

The argument is a list of [format, words]; what comes back is a list of [text, remarks, failed] or
[error], as the command line would have it.
"""

import io
import json
import sys

import pykd  # noqa: F401, brings the engine

from pykd_handle.commands import Run
from pykd_handle.commands.list.columns import USER_COLUMNS
from pykd_handle.commands.list.user import list_user
from pykd_handle.commands.list.user_request import parse_user_request
from pykd_handle.model.user import UserKernel
from pykd_handle.render import find_renderer
from pykd_handle.usermode import connect_engine
from pykd_handle.usermode.engine import source
from pykd_handle.values import PykdHandleError

# As pykd-ext does.
sys.setrecursionlimit(500)
# A value that is tried is a round trip to Wine's server, and the engine says the same of each.
source._LONGEST_GAP, source._LONGEST_GAP_COUNTED = 0x1000, 0x3000


def ask(form, words):
    with UserKernel(connect_engine()) as kernel:
        request = parse_user_request(words.split(), kernel.evaluate)
        stream, remarks, run = io.StringIO(), io.StringIO(), Run()
        renderer = find_renderer(form, "user")(stream, remarks, USER_COLUMNS)
        renderer.render(list_user(kernel, request, run))
        return [stream.getvalue(), remarks.getvalue(), run.failed]


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
