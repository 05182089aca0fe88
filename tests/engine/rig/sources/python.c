/* python.exe for the rig: hands its arguments to the python39.dll that lies beside it.
 *
 * The DLL is loaded at run time because no import library for it comes with any wheel. */
#include <stdio.h>
#include <windows.h>

typedef int (*PyMain)(int, wchar_t **);

int wmain(int argc, wchar_t **argv)
{
    HMODULE python = LoadLibraryW(L"python39.dll");
    PyMain run = python ? (PyMain)(void *)GetProcAddress(python, "Py_Main") : NULL;

    if (!run) {
        fprintf(stderr, "python.exe: python39.dll did not load, error %lu\n", GetLastError());
        return 3;
    }
    return run(argc, argv);
}
