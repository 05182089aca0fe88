// kdhost.exe: a host for Microsoft's debugger engine, as small as it can be.
//
//   kdhost -e ENGINE_FOLDER (-z DUMP | -k CONNECTION) [-y SYMBOL_PATH] [-t SECONDS] [-q] [-dml]
//          {-c COMMAND | -f FILE_OF_COMMANDS}
//
// It opens the target, runs the commands one after another and prints what the engine says, as
// UTF-8; with -q only what it says from the first command on, with -dml as markup. Exit codes:
// 0 all commands were handed over, 2 bad arguments, 3 the engine or the target did not start.
// A command that fails says so in the output, as in a real debugger, and the next one runs.
#include <initguid.h>
#include <windows.h>

#include <dbgeng.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

// IDebugOutputCallbacks2, which the mingw header does not know: text arrives in UTF-16 and, when
// asked for, as markup.
const IID kOutputCallbacks2 = {
    0x67721fe9, 0x56d2, 0x4a44, {0xa3, 0x25, 0x2b, 0x65, 0x51, 0x3c, 0xe6, 0xeb}};
const ULONG kInterestText = 2, kInterestDml = 4;
const ULONG kOutputText = 0, kOutputDml = 1;

std::string utf8(const wchar_t *text)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, nullptr, 0, nullptr, nullptr);
    if (size <= 1)
        return {};
    std::string bytes(size - 1, '\0');
    WideCharToMultiByte(CP_UTF8, 0, text, -1, &bytes[0], size, nullptr, nullptr);
    return bytes;
}

// The engine's own calls take the process's code page.
std::string ansi(const wchar_t *text)
{
    int size = WideCharToMultiByte(CP_ACP, 0, text, -1, nullptr, 0, nullptr, nullptr);
    if (size <= 1)
        return {};
    std::string bytes(size - 1, '\0');
    WideCharToMultiByte(CP_ACP, 0, text, -1, &bytes[0], size, nullptr, nullptr);
    return bytes;
}

[[noreturn]] void end(int code)
{
    fflush(stdout);
    fflush(stderr);
    // The engine's threads and an embedded Python do not survive an orderly exit.
    TerminateProcess(GetCurrentProcess(), code);
    abort();
}

[[noreturn]] void fail(int code, const std::string &what)
{
    fprintf(stderr, "kdhost: %s\n", what.c_str());
    end(code);
}

void check(HRESULT result, const std::string &what)
{
    if (SUCCEEDED(result))
        return;
    char code[16];
    snprintf(code, sizeof code, "0x%08lx", static_cast<unsigned long>(result));
    fail(3, what + " failed: " + code);
}

class Printer : public IDebugOutputCallbacks {
public:
    // A live machine may fall silent for good, and then the host is killed: what was said by then
    // must be out.
    Printer(bool dml, bool quiet, bool live) : dml_(dml), quiet_(quiet), live_(live) {}

    void speak() { quiet_ = false; }

    // Interfaces this class lacks must be refused: the engine calls whatever it is given.
    STDMETHOD(QueryInterface)(REFIID iid, void **out) override
    {
        if (IsEqualIID(iid, IID_IUnknown) || IsEqualIID(iid, IID_IDebugOutputCallbacks) ||
            IsEqualIID(iid, kOutputCallbacks2)) {
            *out = this;
            return S_OK;
        }
        *out = nullptr;
        return E_NOINTERFACE;
    }
    STDMETHOD_(ULONG, AddRef)() override { return 1; }
    STDMETHOD_(ULONG, Release)() override { return 1; }
    STDMETHOD(Output)(ULONG, PCSTR text) override
    {
        if (text && !quiet_)
            put(text);
        return S_OK;
    }
    // From here on IDebugOutputCallbacks2.
    virtual HRESULT STDMETHODCALLTYPE GetInterestMask(ULONG *mask)
    {
        *mask = dml_ ? kInterestDml : kInterestText;
        return S_OK;
    }
    virtual HRESULT STDMETHODCALLTYPE Output2(ULONG which, ULONG, ULONG64, PCWSTR text)
    {
        if (text && !quiet_ && (which == kOutputText || which == kOutputDml))
            put(utf8(text).c_str());
        return S_OK;
    }

private:
    void put(const char *text)
    {
        fputs(text, stdout);
        if (live_)
            fflush(stdout);
    }

    bool dml_;
    bool quiet_;
    bool live_;
};

struct Options {
    const wchar_t *engine = nullptr;
    const wchar_t *dump = nullptr;
    const wchar_t *kernel = nullptr;
    const wchar_t *symbols = nullptr;
    ULONG timeout = INFINITE;
    bool dml = false;
    bool quiet = false;
    std::vector<std::string> commands;
};

void read_commands(const wchar_t *path, std::vector<std::string> &commands)
{
    FILE *file = _wfopen(path, L"r");
    if (!file)
        fail(2, "cannot read the commands in " + utf8(path));
    std::string line;
    for (int c = fgetc(file);; c = fgetc(file)) {
        if (c != '\n' && c != EOF) {
            line += static_cast<char>(c);
            continue;
        }
        if (!line.empty())
            commands.push_back(line);
        line.clear();
        if (c == EOF)
            break;
    }
    fclose(file);
}

Options parse(int argc, wchar_t **argv)
{
    Options options;
    for (int i = 1; i < argc; ++i) {
        std::wstring name = argv[i];
        if (name == L"-dml") {
            options.dml = true;
            continue;
        }
        if (name == L"-q") {
            options.quiet = true;
            continue;
        }
        if (i + 1 == argc)
            fail(2, utf8(name.c_str()) + " is no option or wants a value");
        const wchar_t *value = argv[++i];
        if (name == L"-e")
            options.engine = value;
        else if (name == L"-z")
            options.dump = value;
        else if (name == L"-k")
            options.kernel = value;
        else if (name == L"-y")
            options.symbols = value;
        else if (name == L"-t")
            options.timeout = wcstoul(value, nullptr, 10) * 1000;
        else if (name == L"-c")
            options.commands.push_back(ansi(value));
        else if (name == L"-f")
            read_commands(value, options.commands);
        else
            fail(2, "unknown option " + utf8(name.c_str()));
    }
    if (!options.engine)
        fail(2, "-e ENGINE_FOLDER is missing");
    if (!options.dump == !options.kernel)
        fail(2, "exactly one of -z DUMP and -k CONNECTION is needed");
    return options;
}

IDebugClient4 *create_client(const wchar_t *folder)
{
    // By its full path, so that no other dbgeng.dll (Wine has a stub) can take its place.
    std::wstring path = std::wstring(folder) + L"\\dbgeng.dll";
    HMODULE engine = LoadLibraryExW(path.c_str(), nullptr, LOAD_WITH_ALTERED_SEARCH_PATH);
    using Create = HRESULT(WINAPI *)(REFIID, void **);
    auto create =
        engine ? reinterpret_cast<Create>(reinterpret_cast<void *>(GetProcAddress(engine, "DebugCreate")))
               : nullptr;
    if (!create)
        fail(3, "no debugger engine in " + utf8(folder));
    IDebugClient4 *client = nullptr;
    check(create(IID_IDebugClient4, reinterpret_cast<void **>(&client)), "DebugCreate");
    return client;
}

} // namespace

int wmain(int argc, wchar_t **argv)
{
    Options options = parse(argc, argv);
    IDebugClient4 *client = create_client(options.engine);
    IDebugControl *control = nullptr;
    IDebugSymbols *symbols = nullptr;
    check(client->QueryInterface(IID_IDebugControl, reinterpret_cast<void **>(&control)),
          "asking for IDebugControl");
    check(client->QueryInterface(IID_IDebugSymbols, reinterpret_cast<void **>(&symbols)),
          "asking for IDebugSymbols");
    Printer printer(options.dml, options.quiet, options.kernel != nullptr);
    check(client->SetOutputCallbacks(&printer), "SetOutputCallbacks");
    if (options.symbols)
        check(symbols->SetSymbolPath(ansi(options.symbols).c_str()), "SetSymbolPath");

    if (options.dump) {
        check(client->OpenDumpFileWide(options.dump, 0), "opening the dump");
    } else {
        check(control->AddEngineOptions(DEBUG_ENGOPT_INITIAL_BREAK), "AddEngineOptions");
        check(client->AttachKernel(DEBUG_ATTACH_KERNEL_CONNECTION, ansi(options.kernel).c_str()),
              "attaching to the kernel");
    }
    // On a live kernel the engine knows no other timeout (E_NOTIMPL); whoever runs us has one.
    const ULONG timeout = options.kernel ? INFINITE : options.timeout;
    HRESULT event = control->WaitForEvent(0, timeout);
    if (event == S_FALSE)
        fail(3, "the target did not stop in time");
    check(event, "waiting for the target");

    printer.speak();
    for (const std::string &command : options.commands) {
        control->Execute(DEBUG_OUTCTL_THIS_CLIENT, command.c_str(), DEBUG_EXECUTE_NOT_LOGGED);
        // A command such as `g` lets a live target run: the next one needs it stopped.
        ULONG status = DEBUG_STATUS_BREAK;
        if (options.kernel && SUCCEEDED(control->GetExecutionStatus(&status)) &&
            status != DEBUG_STATUS_BREAK && status != DEBUG_STATUS_NO_DEBUGGEE)
            control->WaitForEvent(0, timeout);
        fflush(stdout);
    }
    // A live machine is to run on; a dump does not care. With pykd loaded the end of a live session
    // throws inside of it, when all commands are done.
    if (options.kernel) {
        SetUnhandledExceptionFilter([](EXCEPTION_POINTERS *) -> LONG { end(0); });
        client->EndSession(DEBUG_END_ACTIVE_DETACH);
    }
    end(0);
}
