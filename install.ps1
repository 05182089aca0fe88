<#
.SYNOPSIS
    Sets WinDbg up for pykd_handle: !handle for kernels and crash dumps, in Python.
.DESCRIPTION
    Finds the Python that the debugger will use, installs pykd and pykd_handle into it, sees that
    the pykd-ext bootstrapper (pykd.dll) lies where the debugger looks, and puts handle.py on the
    user's PATH. Run it as often as you like; administrator rights are not needed.

    It only finds a Python to work with. All the rest is: python -m pykd_handle.install
    That Python imports neither from the current folder nor from PYTHONPATH.
.PARAMETER Python
    The python.exe that the debugger shall use (3.9 or 3.8, or that of -PykdWheel). Default: the
    registered one.
.PARAMETER Architecture
    That of the debugger, x64 or x86.
.PARAMETER ExtensionPath
    The folder for pykd.dll. Default: %LOCALAPPDATA%\Dbg\EngineExtensions, or EngineExtensions32.
.PARAMETER Bootstrapper
    A pykd.dll from the releases of pykd-ext, to be put there.
.PARAMETER PykdWheel
    A wheel of pykd for another Python than 3.9 or 3.8, for which PyPI has none.
.PARAMETER Uninstall
    Removes what was installed. pykd, the bootstrapper and Python stay.
.EXAMPLE
    .\install.ps1 -Bootstrapper $HOME\Downloads\pykd.dll
.EXAMPLE
    .\install.ps1 -WhatIf
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [string] $Python,
    [ValidateSet('x64', 'x86')]
    [string] $Architecture = $(if ([Environment]::Is64BitOperatingSystem) { 'x64' } else { 'x86' }),
    [string] $ExtensionPath,
    [string] $Bootstrapper,
    [string] $PykdWheel,
    [switch] $Uninstall
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Exit codes are looked at here; a profile of PowerShell 7 may have made them errors that stop all.
$PSNativeCommandUseErrorActionPreference = $false

function Stop-Install([string] $Reason) {
    [Console]::Error.WriteLine("install: $Reason")
    exit 1
}

function Get-FullPath([string] $Path) {
    # Windows PowerShell puts quotes around a path with blanks; a closing backslash would escape one.
    $paths = $ExecutionContext.SessionState.Path
    $paths.GetUnresolvedProviderPathFromPSPath($Path).TrimEnd('\')
}

# -I: what lies in the current folder is not imported, whatever it is called.
$isSupported = 'import sys; sys.exit(sys.version_info < (3, 8))'
$install = 'import sys; sys.path.insert(0, sys.argv.pop(1)); ' +
    'from pykd_handle.setup.install.__main__ import main; sys.exit(main())'

function Test-Python([string[]] $Command) {
    # Any Python from 3.8 on can do the work; which one the debugger gets is decided there.
    $program = [WildcardPattern]::Escape($Command[0])
    $options = @($Command | Select-Object -Skip 1)
    & $program @options -I -c $isSupported | Out-Null
    return ($LASTEXITCODE -eq 0)
}

function Find-Python {
    if ($Python) {
        if ((Test-Path -LiteralPath $Python -PathType Leaf) -and (Test-Python $Python)) {
            return $Python
        }
        Stop-Install "$Python is no Python from 3.8 on."
    }
    foreach ($candidate in @(@('py', '-3'), @(, 'python'))) {
        $found = Get-Command -Name $candidate[0] -CommandType Application -ErrorAction SilentlyContinue
        if ($found -and (Test-Python $candidate)) { return $candidate }
    }
    Stop-Install ('No Python was found. Install Python 3.9.13 from python.org (administrator ' +
        'rights are not needed), or: winget install --id Python.Python.3.9 --exact ' +
        "--architecture $Architecture")
}

# Beside this script lies a clone, or a wheel. Python imports from either.
$source = $PSScriptRoot
if (-not (Test-Path -LiteralPath ([IO.Path]::Combine($source, 'pyproject.toml')))) {
    $wheel = Get-ChildItem -LiteralPath $source -Filter 'pykd_handle-*.whl' |
        Sort-Object LastWriteTime | Select-Object -Last 1
    if (-not $wheel) { Stop-Install "neither a clone of pykd_handle nor its wheel is in $source" }
    $source = $wheel.FullName
}

$arguments = @($source, '--architecture', $Architecture, '--source', $source)
if ($Python) {
    $Python = Get-FullPath $Python
    $arguments += '--python', $Python
}
if ($ExtensionPath) { $arguments += '--extension-path', (Get-FullPath $ExtensionPath) }
if ($Bootstrapper) { $arguments += '--bootstrapper', (Get-FullPath $Bootstrapper) }
if ($PykdWheel) { $arguments += '--pykd-wheel', (Get-FullPath $PykdWheel) }
if ($Uninstall) { $arguments += '--uninstall' }
if (-not $PSCmdlet.ShouldProcess("WinDbg ($Architecture)", 'Set up pykd_handle')) {
    $arguments += '--what-if'
}

# Full paths are known from here on. A program may load what lies in its current folder: where the
# user stands, and beside a wheel (Downloads), anything may lie; here only Windows itself writes.
Push-Location -LiteralPath ([Environment]::SystemDirectory)
try {
    $command = @(Find-Python)
    # Of a path with brackets, & would make a pattern.
    $program = [WildcardPattern]::Escape($command[0])
    $options = @($command | Select-Object -Skip 1)
    & $program @options -I -c $install @arguments
    $result = $LASTEXITCODE
}
finally {
    Pop-Location
}
exit $result
