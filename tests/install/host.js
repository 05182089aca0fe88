"use strict";

// Runs khandle.js with a stand-in for WinDbg's `host`: node host.js SCRIPT, a list of calls as
// JSON on standard input, what came of it as JSON on standard output.

const fs = require("fs");
const vm = require("vm");

const commands = [];
const printed = [];
const input = JSON.parse(fs.readFileSync(0, "utf8"));

// 64-bit values are objects in WinDbg, with a toString of their own.
class Int64 {
    constructor(text) {
        this.value = BigInt(text);
    }
    toString(radix) {
        return this.value.toString(radix);
    }
}

const host = {
    apiVersionSupport: class {
        constructor(major, minor) {
            this.version = [major, minor];
        }
    },
    functionAlias: class {
        constructor(run, name) {
            Object.assign(this, { run, name });
        }
    },
    diagnostics: { debugLog: (text) => printed.push(text) },
    namespace: {
        Debugger: {
            Utility: {
                Control: {
                    ExecuteCommand(command) {
                        commands.push(command);
                        if (input.refuse && command.startsWith(input.refuse)) {
                            throw new Error("refused");
                        }
                        return input.output || [];
                    },
                },
            },
        },
    },
};

const context = vm.createContext({ host });
vm.runInContext(fs.readFileSync(process.argv[2], "utf8"), context, { filename: process.argv[2] });
const registered = context.initializeScript();
const alias = registered.find((each) => each instanceof host.functionAlias);
const errors = [];
for (const values of input.calls || []) {
    try {
        alias.run(...values.map((value) => (value && value.int64 ? new Int64(value.int64) : value)));
    } catch (error) {
        errors.push(error.message);
    }
}
if (input.unload) {
    context.uninitializeScript();
}
const version = registered.find((each) => each instanceof host.apiVersionSupport).version;
process.stdout.write(JSON.stringify({ name: alias.name, version, commands, printed, errors }));
