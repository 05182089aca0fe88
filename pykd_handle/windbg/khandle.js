"use strict";

// The command !khandle for WinDbg, from a JavaScript extension: .scriptload khandle.js, or by the
// gallery that config.xml beside this file describes.
//
// What follows the name of a JavaScript command is an expression, so that way it is called as
//     !khandle "14 13"        the words of !handle, as text
//     !khandle(0x14, 0x13)    the same as numbers
//     dx @$khandle("0 3 4 Key")
// An alias of the same name takes the words as they are typed: !khandle 14 13. It is set as well.

const COMMAND = "!pykd.py -g -m pykd_handle";
const ALIAS = "!khandle";

function execute(command) {
    return host.namespace.Debugger.Utility.Control.ExecuteCommand(command);
}

function say(line) {
    host.diagnostics.debugLog(line + "\n");
}

// A value of an expression as a word of !handle, which reads numbers as hexadecimal.
function word(value) {
    if (typeof value === "string") {
        return value.trim();
    }
    if (value === -1 || value.toString() === "-1") {
        return "-1";
    }
    const digits = value.toString(16).toLowerCase();
    return digits.startsWith("0x") ? digits : "0x" + digits;
}

function khandle(...values) {
    const words = values.filter((value) => value !== undefined && value !== null).map(word);
    const bad = words.find((each) => /[;\r\n]/.test(each));
    if (bad !== undefined) {
        // It would end the command and begin another.
        throw new Error("no handle, flags, process or type name: " + bad);
    }
    for (const line of execute([COMMAND, ...words].filter((each) => each !== "").join(" "))) {
        say(line);
    }
}

function initializeScript() {
    try {
        execute(`aS ${ALIAS} "${COMMAND}"`);
    } catch (error) {
        say(`khandle.js: no alias ${ALIAS} (${error.message}); call it as !khandle "14 13"`);
    }
    return [new host.apiVersionSupport(1, 3), new host.functionAlias(khandle, "khandle")];
}

function uninitializeScript() {
    execute(`ad /q ${ALIAS}`);
}
