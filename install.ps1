<#
.SYNOPSIS
    Sets WinDbg up for pykd_handle: !handle for kernels and crash dumps, in Python.
.DESCRIPTION
    Finds the Python that the debugger will use, installs pykd and pykd_handle into it, sees that
    the pykd-ext bootstrapper (pykd.dll) lies where the debugger looks, and puts handle.py on the
    user's PATH. Run it as often as you like; administrator rights are not needed.

    It only finds a Python to work with. All the rest is: python -m pykd_handle.install
.PARAMETER Python
    The python.exe that the debugger shall use (3.9 or 3.8). Default: the registered one.
.PARAMETER Architecture
    That of the debugger, x64 or x86.
.PARAMETER ExtensionPath
    The folder for pykd.dll. Default: %LOCALAPPDATA%\Dbg\EngineExtensions, or EngineExtensions32.
.PARAMETER Bootstrapper
    A pykd.dll from the releases of pykd-ext, to be put there.
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

function Test-Python([string[]] $Command) {
    # Any Python from 3.8 on can do the work; which one the debugger gets is decided there.
    if (-not (Get-Command $Command[0] -CommandType Application -ErrorAction SilentlyContinue)) {
        return $false
    }
    $options = @($Command | Select-Object -Skip 1)
    & $Command[0] @options -c 'import sys; sys.exit(sys.version_info < (3, 8))' | Out-Null
    return ($LASTEXITCODE -eq 0)
}

function Find-Python {
    $candidates = @(@('py', '-3'), @(, 'python'))
    if ($Python) { $candidates = @(, @((Get-FullPath $Python))) }
    foreach ($candidate in $candidates) {
        if (Test-Python $candidate) { return $candidate }
    }
    if ($Python) { Stop-Install "$Python is no Python from 3.8 on." }
    Stop-Install ('No Python was found. Install Python 3.9.13 from python.org (administrator ' +
        'rights are not needed), or: winget install --id Python.Python.3.9 --exact ' +
        "--architecture $Architecture")
}

# Beside this script lies a clone, or a wheel. Python imports from either.
$source = $PSScriptRoot
if (-not (Test-Path (Join-Path $source 'pyproject.toml'))) {
    $wheel = Get-ChildItem $PSScriptRoot -Filter 'pykd_handle-*.whl' | Sort-Object LastWriteTime |
        Select-Object -Last 1
    if (-not $wheel) { Stop-Install "neither a clone of pykd_handle nor its wheel is in $source" }
    $source = $wheel.FullName
}

$command = @(Find-Python)
$arguments = @($command | Select-Object -Skip 1)
$arguments += '-m', 'pykd_handle.install', '--architecture', $Architecture, '--source', $source
if ($Python) { $arguments += '--python', (Get-FullPath $Python) }
if ($ExtensionPath) { $arguments += '--extension-path', (Get-FullPath $ExtensionPath) }
if ($Bootstrapper) { $arguments += '--bootstrapper', (Get-FullPath $Bootstrapper) }
if ($Uninstall) { $arguments += '--uninstall' }
if (-not $PSCmdlet.ShouldProcess("WinDbg ($Architecture)", 'Set up pykd_handle')) {
    $arguments += '--what-if'
}

$before = $env:PYTHONPATH
try {
    $env:PYTHONPATH = $source
    & $command[0] @arguments
    $result = $LASTEXITCODE
}
finally {
    $env:PYTHONPATH = $before
}
exit $result
