"""Runs in the Windows Python, to be debugged: opens handles, tells their values, waits."""

import ctypes
import json
import os
import sys
import threading
import time
import winreg

kernel = ctypes.WinDLL("kernel32", use_last_error=True)
ALL_ACCESS = 0x1FFFFF
DUE = ctypes.c_int64(-3600 * 10**7)  # in an hour


def call(name, *arguments):
    function = getattr(kernel, name)
    function.restype = ctypes.c_void_p
    found = function(*arguments)
    assert found, name
    return found


def main():
    process, thread = os.getpid(), threading.get_ident()
    key = winreg.OpenKey(winreg.HKEY_CURRENT_USER, "Software\\Wine")
    timer = call("CreateWaitableTimerW", None, True, "MyTimer")
    assert kernel.SetWaitableTimer(ctypes.c_void_p(timer), ctypes.byref(DUE), 0, None, None, 0)
    handles = {
        "auto": call("CreateEventW", None, False, False, None),
        "manual": call("CreateEventW", None, True, True, "NamedEvent"),
        "free": call("CreateMutexW", None, False, "FreeMutex"),
        "owned": call("CreateMutexW", None, True, None),
        "semaphore": call("CreateSemaphoreW", None, 3, 7, "MySemaphore"),
        "section": call("CreateFileMappingW", ctypes.c_void_p(-1), None, 4, 0, 0x12345, None),
        "process": call("OpenProcess", ALL_ACCESS, False, process),
        "thread": call("OpenThread", ALL_ACCESS, False, thread),
        "file": call("CreateFileW", sys.argv[0], 0x80000000, 3, None, 3, 0, None),
        "timer": timer,
        "key": int(key),
    }
    print(json.dumps({"process": process, "thread": thread, "handles": handles}), flush=True)
    time.sleep(120)


if __name__ == "__main__":
    main()
