/* mscoree.dll for the rig: the .NET runtime's front door, with nothing behind it.
 *
 * pykd asks CLRCreateInstance for a meta host as soon as it starts and gives up when the call
 * fails. So the call succeeds, and every method of the object it returns says "not implemented":
 * pykd then goes on as on a machine without managed code. */
#include <windows.h>

/* ICLRMetaHost has 11 methods; the rest is room for a caller that asks for a newer interface. */
enum { METHODS = 32 };

typedef struct {
    const void *const *methods;
} Object;

static HRESULT WINAPI not_implemented(void) { return E_NOTIMPL; }
static HRESULT WINAPI query_interface(Object *self, const IID *iid, void **out)
{
    (void)self;
    (void)iid;
    if (out)
        *out = NULL;
    return E_NOINTERFACE;
}
static ULONG WINAPI keep_alive(Object *self)
{
    (void)self;
    return 1;
}

static const void *methods[METHODS];
static Object host = {methods};

__declspec(dllexport) HRESULT WINAPI CLRCreateInstance(const CLSID *clsid, const IID *iid,
                                                       void **out)
{
    (void)clsid;
    (void)iid;
    if (!out)
        return E_POINTER;
    for (int slot = 0; slot < METHODS; ++slot)
        methods[slot] = (const void *)not_implemented;
    methods[0] = (const void *)query_interface;
    methods[1] = (const void *)keep_alive; /* AddRef */
    methods[2] = (const void *)keep_alive; /* Release */
    *out = &host;
    return S_OK;
}

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, void *reserved)
{
    (void)self;
    (void)reason;
    (void)reserved;
    return TRUE;
}
