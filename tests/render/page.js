"use strict";

// Runs the script of a page over tables that are given as JSON on standard input:
// node page.js SCRIPT. A list of what to do follows them: {click: [table, column]} or
// {search: words}; after each, the texts of the rows that are to be seen come as JSON.

const fs = require("fs");
const vm = require("vm");

const input = JSON.parse(fs.readFileSync(0, "utf8"));

class Element {
    constructor(text) {
        this.textContent = text;
        this.attributes = {};
        this.listeners = {};
        this.hidden = false;
    }
    setAttribute(name, value) { this.attributes[name] = value; }
    getAttribute(name) { return this.attributes[name]; }
    addEventListener(name, call) { this.listeners[name] = call; }
    remove() {}
    append(...rows) {
        for (const row of rows) {
            this.rows.splice(this.rows.indexOf(row), 1);
            this.rows.push(row);
        }
    }
}

const tables = input.tables.map(table => {
    const heads = table.heads.map((text, at) => Object.assign(new Element(text), {cellIndex: at}));
    const rows = table.rows.map(cells => Object.assign(new Element(""), {
        cells: cells.map(cell => Object.assign(new Element(cell.text), {
            className: cell.class || "",
            dataset: cell.sort === null ? {} : {sort: cell.sort},
        })),
    }));
    const body = Object.assign(new Element(""), {rows});
    return {tHead: {rows: [{cells: heads}]}, tBodies: [body], append: () => undefined};
});

let added = [];
const document = {
    querySelectorAll: () => tables,
    createElement: () => Object.assign(new Element(""), {value: ""}),
    querySelector: () => ({after: (...elements) => { added = elements; }}),
};
vm.runInNewContext(fs.readFileSync(process.argv[2], "utf8"), {
    document, setTimeout: call => call(), clearTimeout: () => undefined,
});

const answers = input.steps.map(step => {
    if (step.click) tables[step.click[0]].tHead.rows[0].cells[step.click[1]].listeners.click();
    if (step.search !== undefined) {
        added[0].value = step.search;
        added[0].listeners.input();
    }
    return {
        rows: tables.map(table => table.tBodies[0].rows.filter(row => !row.hidden)
            .map(row => row.cells[0].textContent)),
        said: added[1].value,
    };
});
process.stdout.write(JSON.stringify(answers));
