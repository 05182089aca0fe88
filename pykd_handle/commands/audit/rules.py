"""What `audit` looks for: every rule, as data, with the sources that were read for it.

A rule has a severity only where one of its sources gives one; the levels are those of that source.
"""

from __future__ import annotations

from ...hints import Mapping, Tuple
from .rule import Allowed, Crossing, Rule, Severity, Source

__all__ = ("GIVES", "RULES")


_LEARN = "https://learn.microsoft.com/windows/win32/"
PROCESS_RIGHTS = Source(
    "Microsoft",
    "Process Security and Access Rights",
    f"{_LEARN}procthread/process-security-and-access-rights",
)
THREAD_RIGHTS = Source(
    "Microsoft",
    "Thread Security and Access Rights",
    f"{_LEARN}procthread/thread-security-and-access-rights",
)
TOKEN_RIGHTS = Source(
    "Microsoft",
    "Access Rights for Access-Token Objects",
    f"{_LEARN}secauthz/access-rights-for-access-token-objects",
)
IMPERSONATION = Source(
    "Microsoft",
    "SECURITY_IMPERSONATION_LEVEL enumeration",
    f"{_LEARN}api/winnt/ne-winnt-security_impersonation_level",
)
INTEGRITY = Source(
    "Microsoft", "Mandatory Integrity Control", f"{_LEARN}secauthz/mandatory-integrity-control"
)
APP_CONTAINER = Source(
    "Microsoft",
    "AppContainer for legacy apps",
    f"{_LEARN}secauthz/appcontainer-for-legacy-applications-",
)
INHERITANCE = Source("Microsoft", "Handle Inheritance", f"{_LEARN}sysinfo/handle-inheritance")
ANTI_MALWARE = Source(
    "Microsoft",
    "Protecting Anti-Malware Services",
    f"{_LEARN}services/protecting-anti-malware-services-",
)
UAC = Source(
    "Microsoft",
    "How User Account Control (UAC) Affects Your Application",
    "https://learn.microsoft.com/cpp/security/how-user-account-control-uac-affects-your-application",
)
PHYSICAL_MEMORY = Source(
    "Microsoft, in a copy",
    "Device\\PhysicalMemory Object (Windows Server 2003 Service Pack 1)",
    "https://blog.csdn.net/danxuezx/article/details/4518295",
)
LEAKED = Source(
    "HackTricks",
    "Leaked Handle Exploitation",
    "https://github.com/HackTricks-wiki/hacktricks/blob/master/src/windows-hardening/"
    "windows-local-privilege-escalation/leaked-handle-exploitation.md",
)
RUN_AS_PPL = Source(
    "itm4n",
    "Do You Really Know About LSA Protection (RunAsPPL)?",
    "https://itm4n.github.io/lsass-runasppl/",
)
KNOWN_DLLS = Source(
    "itm4n",
    "Bypassing LSA Protection in Userland",
    "https://blog.scrt.ch/2021/04/22/bypassing-lsa-protection-in-userland/",
)
_ATOMICS = "https://github.com/redcanaryco/atomic-red-team/blob/master/atomics/"
T1003_001 = Source(
    "MITRE ATT&CK, in Atomic Red Team",
    "T1003.001, OS Credential Dumping: LSASS Memory",
    f"{_ATOMICS}T1003.001/T1003.001.md",
)
T1574_011 = Source(
    "MITRE ATT&CK, in Atomic Red Team",
    "T1574.011, Services Registry Permissions Weakness",
    f"{_ATOMICS}T1574.011/T1574.011.md",
)
_SIGMA = "https://github.com/SigmaHQ/sigma/blob/master/rules/windows/"
LSASS_FLAGS = Source(
    "Sigma",
    "Potentially Suspicious GrantedAccess Flags On LSASS",
    f"{_SIGMA}process_access/proc_access_win_lsass_susp_access_flag.yml",
)
LSASS_DUMP = Source(
    "Sigma",
    "LSASS Memory Dump",
    f"{_SIGMA}process_access/proc_access_win_lsass_memdump.yml",
)
SERVICE_KEY = Source(
    "Sigma",
    "Potential Privilege Escalation via Service Permissions Weakness",
    f"{_SIGMA}process_creation/proc_creation_win_registry_privilege_escalation_via_service_key.yml",
)
SAM_HANDLE = Source(
    "Sigma",
    "SAM Registry Hive Handle Request",
    f"{_SIGMA}builtin/security/win_security_sam_registry_hive_handle_request.yml",
)
RAW_DISK = Source(
    "Sigma",
    "Potential Defense Evasion Via Raw Disk Access By Uncommon Tools",
    f"{_SIGMA}raw_access_thread/raw_access_thread_susp_disk_access_using_uncommon_tools.yml",
)
RAW_READ = Source(
    "TrustedSec",
    "Sysmon Community Guide, Raw Access Read",
    "https://github.com/trustedsec/SysmonCommunityGuide",
)

# What a right lets its holder do, as the documents on access rights have it.
GIVES: Mapping[str, str] = {
    "DELETE": "delete it",
    "WRITE_DAC": "change who may do what with it",
    "WRITE_OWNER": "make itself the owner",
    "PROCESS_CREATE_THREAD": "start threads in it",
    "PROCESS_VM_OPERATION": "change its address space",
    "PROCESS_VM_READ": "read its memory",
    "PROCESS_VM_WRITE": "write its memory",
    "PROCESS_DUP_HANDLE": "take any of its handles and full access to it",
    "PROCESS_CREATE_PROCESS": "make processes as its children",
    "PROCESS_SET_QUOTA": "set its limits",
    "PROCESS_SET_INFORMATION": "change what it is set to",
    "PROCESS_QUERY_INFORMATION": "open its token",
    "THREAD_TERMINATE": "end it",
    "THREAD_GET_CONTEXT": "read its registers",
    "THREAD_SET_CONTEXT": "set its registers",
    "THREAD_SET_INFORMATION": "change what it is set to",
    "THREAD_QUERY_INFORMATION": "ask about it",
    "THREAD_SET_THREAD_TOKEN": "set the token that it acts with",
    "THREAD_IMPERSONATE": "act as it",
    "THREAD_DIRECT_IMPERSONATION": "act as it",
    "TOKEN_ASSIGN_PRIMARY": "give it to a process",
    "TOKEN_DUPLICATE": "copy it",
    "TOKEN_IMPERSONATE": "act with it",
    "TOKEN_ADJUST_PRIVILEGES": "enable its privileges",
    "SECTION_MAP_WRITE": "write it",
    "SECTION_MAP_READ": "read it",
    "KEY_QUERY_VALUE": "read its values",
    "KEY_SET_VALUE": "set its values",
    "KEY_CREATE_SUB_KEY": "create keys in it",
    "KEY_ENUMERATE_SUB_KEYS": "list its keys",
    "KEY_CREATE_LINK": "make it a link",
    "FILE_READ_DATA": "read it",
    "FILE_WRITE_DATA": "write it",
    "FILE_APPEND_DATA": "append to it",
    "DIRECTORY_CREATE_OBJECT": "create objects in it",
    "DIRECTORY_CREATE_SUBDIRECTORY": "create directories in it",
    "SYMBOLIC_LINK_SET": "lead it elsewhere",
}

_OWNS = ("WRITE_DAC", "WRITE_OWNER")
_PROCESS = (
    "PROCESS_CREATE_THREAD",
    "PROCESS_VM_WRITE",
    "PROCESS_DUP_HANDLE",
    "PROCESS_CREATE_PROCESS",
    *_OWNS,
)
_THREAD = (
    "THREAD_SET_CONTEXT",
    "THREAD_SET_THREAD_TOKEN",
    "THREAD_IMPERSONATE",
    "THREAD_DIRECT_IMPERSONATION",
    *_OWNS,
)
_TOKEN = (
    "TOKEN_ASSIGN_PRIMARY",
    "TOKEN_DUPLICATE",
    "TOKEN_IMPERSONATE",
    "TOKEN_ADJUST_PRIVILEGES",
    *_OWNS,
)
_KEY = ("KEY_SET_VALUE", "KEY_CREATE_SUB_KEY", "KEY_CREATE_LINK", "DELETE", *_OWNS)
_FILE = ("FILE_WRITE_DATA", "FILE_APPEND_DATA", "DELETE", *_OWNS)

_CSRSS = Allowed("csrss.exe", "the Win32 subsystem; WinTcb protects it where there are levels")
_WININIT = Allowed("wininit.exe", "it starts lsass.exe; WinTcb protects it where there are levels")
_LSASS = Allowed("lsass.exe", "it is the one that keeps credentials")
_DEFENDER = Allowed("MsMpEng.exe", "the source leaves Windows Defender out")
_ANTIMALWARE = Allowed("", "a protected service against malware", signer="Antimalware")

RULES: Tuple[Rule, ...] = (
    Rule(
        "process",
        "power over a process of higher trust",
        Crossing.ABOVE,
        {"Process": _PROCESS},
        (PROCESS_RIGHTS, LEAKED, INTEGRITY, APP_CONTAINER),
    ),
    Rule(
        "thread",
        "power over a thread of a process of higher trust",
        Crossing.ABOVE,
        {"Thread": _THREAD},
        (THREAD_RIGHTS, LEAKED, INTEGRITY, APP_CONTAINER),
    ),
    Rule(
        "token",
        "a token of higher trust that its holder may act with",
        Crossing.ABOVE,
        {"Token": _TOKEN},
        (TOKEN_RIGHTS, IMPERSONATION, INTEGRITY, APP_CONTAINER),
    ),
    Rule(
        "protected",
        "a right that no handle to a protected process or its threads should have",
        Crossing.PROTECTED,
        {
            "Process": (
                "DELETE",
                *_OWNS,
                "PROCESS_CREATE_PROCESS",
                "PROCESS_CREATE_THREAD",
                "PROCESS_DUP_HANDLE",
                "PROCESS_QUERY_INFORMATION",
                "PROCESS_SET_INFORMATION",
                "PROCESS_SET_QUOTA",
                "PROCESS_VM_OPERATION",
                "PROCESS_VM_READ",
                "PROCESS_VM_WRITE",
            ),
            "Thread": (
                "THREAD_DIRECT_IMPERSONATION",
                "THREAD_GET_CONTEXT",
                "THREAD_IMPERSONATE",
                "THREAD_QUERY_INFORMATION",
                "THREAD_SET_CONTEXT",
                "THREAD_SET_INFORMATION",
                "THREAD_SET_THREAD_TOKEN",
                "THREAD_TERMINATE",
            ),
        },
        (PROCESS_RIGHTS, THREAD_RIGHTS, ANTI_MALWARE, RUN_AS_PPL),
        allowed=(_CSRSS,),
    ),
    Rule(
        "lsass",
        "a handle to LSASS that reads its memory or gives more",
        Crossing.ANYONE,
        {"Process": ("PROCESS_VM_READ", *_PROCESS)},
        (T1003_001, LSASS_FLAGS, LSASS_DUMP),
        (
            Severity("high", LSASS_DUMP, (0x1038, 0x1438, 0x143A)),
            Severity("medium", LSASS_FLAGS),
        ),
        image="lsass.exe",
        allowed=(_LSASS, _CSRSS, _WININIT, _DEFENDER, _ANTIMALWARE),
    ),
    Rule(
        "known-dlls",
        "a way to plant a DLL among those that every process takes from memory",
        Crossing.TRUSTED_BASE,
        {
            "Directory": ("DIRECTORY_CREATE_OBJECT", "DIRECTORY_CREATE_SUBDIRECTORY", *_OWNS),
            "Section": ("SECTION_MAP_WRITE", "DELETE", *_OWNS),
            "SymbolicLink": ("SYMBOLIC_LINK_SET", "DELETE", *_OWNS),
        },
        (KNOWN_DLLS,),
        path=r"\\KnownDlls(32|Arm32)?(\\.*)?",
    ),
    Rule(
        "service-key",
        "the configuration of a service in the hands of a process that is not elevated",
        Crossing.ADMINISTRATORS,
        {"Key": _KEY},
        (T1574_011, SERVICE_KEY),
        (Severity("high", SERVICE_KEY),),
        path=r"\\REGISTRY\\MACHINE\\SYSTEM\\(Current)?ControlSet(\d{3})?\\Services(\\.*)?",
    ),
    Rule(
        "sam-key",
        "the database of local accounts, open to another process than LSASS",
        Crossing.ANYONE,
        {"Key": ("KEY_QUERY_VALUE", "KEY_ENUMERATE_SUB_KEYS", *_KEY)},
        (SAM_HANDLE,),
        (Severity("high", SAM_HANDLE),),
        path=r"\\REGISTRY\\MACHINE\\SAM(\\.*)?",
        allowed=(_LSASS,),
    ),
    Rule(
        "machine-key",
        "a key of the whole machine that a process writes which is not elevated",
        Crossing.ADMINISTRATORS,
        {"Key": _KEY},
        (UAC, INTEGRITY, LEAKED),
        path=r"\\REGISTRY\\MACHINE(?!\\SAM(\\|$)|"
        r"\\SYSTEM\\(Current)?ControlSet(\d{3})?\\Services(\\|$))(\\.*)?",
    ),
    Rule(
        "program-file",
        "a program of Windows that a process writes which is not elevated",
        Crossing.ADMINISTRATORS,
        {"File": _FILE},
        (UAC, INTEGRITY, LEAKED),
        path=r"\\Device\\[^\\]+\\Windows\\.*\.(exe|dll|sys|drv|ocx|cpl|scr)",
    ),
    Rule(
        "disk",
        "a disk or volume behind the file system, open to a process that is not elevated",
        Crossing.ADMINISTRATORS,
        {"File": ("FILE_READ_DATA", *_FILE)},
        (UAC, RAW_READ, RAW_DISK),
        path=r"\\Device\\(HarddiskVolume\d+|Harddisk\d+\\(DR\d+|Partition\d+))",
    ),
    Rule(
        "physical-memory",
        "the physical memory, which no user-mode process may open since Windows Server 2003 SP1",
        Crossing.ANYONE,
        {"Section": ("SECTION_MAP_WRITE", "SECTION_MAP_READ", *_OWNS)},
        (PHYSICAL_MEMORY,),
        path=r"\\Device\\PhysicalMemory",
    ),
    Rule(
        "inherited",
        "a handle of power that a process inherited from a parent of higher trust",
        Crossing.PARENT,
        {
            "Process": _PROCESS,
            "Thread": _THREAD,
            "Token": _TOKEN,
            "Key": _KEY,
            "Section": ("SECTION_MAP_WRITE", *_OWNS),
            "Directory": ("DIRECTORY_CREATE_OBJECT", "DIRECTORY_CREATE_SUBDIRECTORY", *_OWNS),
        },
        (INHERITANCE, LEAKED, INTEGRITY),
    ),
)
