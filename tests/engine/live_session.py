"""Runs in the Windows Python: live_session.py CHILD JSON; attaches to a child process, asks.

The questions are those of user_session.py; ``{auto}`` in them is a handle of live_child.py.
"""

import json
import subprocess
import sys

import pykd
import user_session


def main(child_script, questions):
    child = subprocess.Popen([sys.executable, child_script], stdout=subprocess.PIPE)
    try:
        told = json.loads(child.stdout.readline())
        pykd.attachProcess(child.pid)
        values = {name: format(value, "x") for name, value in told["handles"].items()}
        asked = [(form, words.format(**values)) for form, words in questions]
        answers = user_session.answers(asked)
        print(json.dumps({"told": told, "answers": answers}))
    finally:
        child.kill()


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
