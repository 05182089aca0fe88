// A stand-in for pykd-ext's pykd.dll, for an engine that has none.
//
// It does what the real one does with a command line, read in its public source:
//   - a Python is found in the registry, PythonCore\X.Y\InstallPath, of the machine and then of
//     the user; folder and pythonXY.dll are joined without a separator; the highest 3.x is the
//     default, -3.9 asks for another, and so does a first line "#! python3.9" (one digit);
//   - the words are split at blanks, "..." keeps them together, nothing escapes; -g, -l and the
//     version come first, then -m;
//   - a script is found by SearchPath(NULL, name, ".py");
//   - -g runs in one interpreter that stays, otherwise in a new one that is ended;
//   - sys.setrecursionlimit(500); stdout has write and flush and says "ascii"; SystemExit is
//     silent, any other exception shows its traceback.
// Left out: Ctrl+Break, !pip, !info, !select, Python 2.
#include <windows.h>

#include <dbgeng.h>

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

const GUID kDebugControl = {
    0x5182e668, 0x105e, 0x416e, {0xad, 0x92, 0x24, 0xef, 0x80, 0x04, 0x24, 0xba}};

IDebugControl *control;

void say(const char *text)
{
    control->Output(DEBUG_OUTPUT_NORMAL, "%s", text);
}

struct Python {
    HMODULE dll;
    void *global;  // the interpreter of -g
    void *first;

    template <typename Function> Function get(const char *name) const
    {
        Function found = reinterpret_cast<Function>(GetProcAddress(dll, name));
        if (!found)
            throw std::runtime_error(std::string("no ") + name);
        return found;
    }
    void run(const std::string &code) const { get<int (*)(const char *)>("PyRun_SimpleString")(code.c_str()); }
};

HMODULE load(HKEY hive, const std::string &version, int minor)
{
    char path[1000];
    DWORD size = sizeof path;
    std::string key = "SOFTWARE\\Python\\PythonCore\\" + version + "\\InstallPath";
    if (RegGetValueA(hive, key.c_str(), nullptr, RRF_RT_REG_SZ, nullptr, path, &size))
        return nullptr;
    std::string name = "python3" + std::to_string(minor) + ".dll", file = path + name;
    HMODULE dll = LoadLibraryA(file.c_str());
    if (!dll)
        dll = LoadLibraryExA(file.c_str(), nullptr, LOAD_WITH_ALTERED_SEARCH_PATH);
    return dll ? dll : LoadLibraryA(name.c_str());
}

// Minor version -1: the highest.
Python &python(int minor)
{
    static std::map<int, Python> loaded;
    HMODULE dll = nullptr;
    int from = minor < 0 ? 30 : minor, to = minor < 0 ? 5 : minor;
    for (int each = from; each >= to && !dll; each--)
        for (HKEY hive : {HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER})
            if (!dll && (dll = load(hive, "3." + std::to_string(each), each)))
                minor = each;
    if (!dll)
        throw std::runtime_error("failed to find python interpreter\n");
    Python &one = loaded[minor];
    if (!one.dll) {
        one = {dll, nullptr, nullptr};
        one.get<void (*)()>("Py_Initialize")();
        one.run("try:\n    import pykd\n    pykd.initialize()\nexcept Exception: pass\n");
        one.first = one.get<void *(*)()>("PyThreadState_Get")();
    }
    return one;
}

std::vector<std::string> split(const std::string &text)
{
    std::vector<std::string> words;
    std::string word;
    bool quoted = false;
    for (char each : text + " ") {
        if (each == '"') {
            quoted = !quoted;
        } else if (!quoted && (each == ' ' || each == '\t')) {
            if (!word.empty())
                words.push_back(word);
            word.clear();
        } else {
            word += each;
        }
    }
    return words;
}

std::string literal(const std::string &text)
{
    std::string quoted = "'";
    for (char each : text) {
        if (each == '\\' || each == '\'')
            quoted += '\\';
        quoted += each;
    }
    return quoted + "'";
}

std::string find_script(const std::string &name)
{
    char found[MAX_PATH];
    if (!SearchPathA(nullptr, name.c_str(), ".py", sizeof found, found, nullptr))
        throw std::runtime_error("script not found: " + name + "\n");
    return found;
}

// "#! python3.9" asks for 9.
int minor_of_first_line(const std::string &path)
{
    std::string line;
    std::ifstream file(path);
    std::getline(file, line);
    if (!line.empty() && line.back() == '\r')
        line.pop_back();
    size_t at = line.find("python3.");
    bool one_digit = at != std::string::npos && at + 9 == line.size() && isdigit(line[at + 8]);
    return line.compare(0, 2, "#!") == 0 && one_digit ? line[at + 8] - '0' : -1;
}

void run(const std::string &line)
{
    std::vector<std::string> words = split(line);
    bool global = false, module = false;
    int minor = -1;
    for (; !words.empty(); words.erase(words.begin())) {
        const std::string &word = words[0];
        if (word == "-g" || word == "--global")
            global = true;
        else if (word == "-l" || word == "--local")
            global = false;
        else if (word.compare(0, 3, "-3.") == 0)
            minor = atoi(word.c_str() + 3);
        else
            break;
    }
    if (!words.empty() && (words[0] == "-m" || words[0] == "--module")) {
        module = true;
        words.erase(words.begin());
    }
    if (words.empty())
        throw std::runtime_error("this stand-in has no interactive Python\n");
    std::string script = module ? "" : find_script(words[0]);
    if (!module && minor < 0)
        minor = minor_of_first_line(script);
    Python &one = python(minor);
    auto swap = one.get<void *(*)(void *)>("PyThreadState_Swap");
    auto make = one.get<void *(*)()>("Py_NewInterpreter");
    void *interpreter = global && one.global ? one.global : make();
    if (global)
        one.global = interpreter;
    swap(interpreter);

    std::string argv = "[" + literal(script);
    for (size_t each = 1; each < words.size(); each++)
        argv += "," + literal(words[each]);
    std::string folder = module ? "" : script.substr(0, script.find_last_of('\\'));
    std::string what = module ? "runpy.run_module(" + literal(words[0]) + ", run_name='__main__', alter_sys=True)"
                              : "exec(compile(open(" + literal(script) + ").read(), " + literal(script) +
                                    ", 'exec'), globals())";
    one.run("import sys, ctypes, runpy, traceback\n"
            "class DbgOut:\n"
            "    encoding = 'ascii'\n"
            "    def __init__(self, say): self.say = say\n"
            "    def write(self, text): self.say(text.encode('utf-8'))\n"
            "    def flush(self): pass\n"
            "    def isatty(self): return False\n"
            "say = ctypes.CFUNCTYPE(None, ctypes.c_char_p)(" +
            std::to_string(reinterpret_cast<uintptr_t>(&say)) +
            ")\n"
            "sys.stdout = sys.stderr = DbgOut(say)\n"
            "sys.argv = " + argv + "]\n"
            "sys.path.insert(0, " + literal(folder) + ")\n"
            "sys.setrecursionlimit(500)\n");
    one.run("try:\n    " + what + "\nexcept SystemExit: pass\nexcept BaseException: traceback.print_exc()\n");
    if (!global)
        one.get<void (*)(void *)>("Py_EndInterpreter")(interpreter);
    swap(one.first);
}

}  // namespace

extern "C" {

__declspec(dllexport) HRESULT CALLBACK DebugExtensionInitialize(PULONG version, PULONG flags)
{
    *version = DEBUG_EXTENSION_VERSION(1, 0);
    *flags = 0;
    return S_OK;
}

__declspec(dllexport) HRESULT CALLBACK py(IDebugClient *client, PCSTR line)
{
    if (FAILED(client->QueryInterface(kDebugControl, reinterpret_cast<void **>(&control))))
        return E_FAIL;
    try {
        run(line);
    } catch (const std::exception &error) {
        say(error.what());
    }
    control->Release();
    return S_OK;
}
}
