"""Write the rules in docs/audit.md from their data: ``python -m tools.audit_page``."""

from __future__ import annotations

from pathlib import Path
from typing import List

from pykd_handle.commands.audit.rule import Rule, Source
from pykd_handle.commands.audit.rules import RULES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "audit.md"
_FROM = "<!-- the rules: python -m tools.audit_page -->\n"


def page(text: str) -> str:
    """The page as it is to be: what stands above the mark, and the rules below it."""
    above, mark, _ = text.partition(_FROM)
    if not mark:
        raise ValueError(f"{PAGE.name} has no line {_FROM.strip()!r}")
    sources: List[Source] = []
    for rule in RULES:
        sources += [source for source in rule.sources if source not in sources]
    parts = [above, mark, "\n"]
    parts += [_rule(rule, sources) for rule in RULES]
    parts.append("## Sources\n\n")
    parts += [
        f"{number}. {source.by}: [{source.title}]({source.place})\n"
        for number, source in enumerate(sources, 1)
    ]
    return "".join(parts)


def _rule(rule: Rule, sources: List[Source]) -> str:
    lines = [f"### {rule.name}\n\nFinds {rule.finds}.\n"]
    for kind, rights in rule.powers.items():
        lines.append(f"- **{kind}** with any of {', '.join(f'`{right}`' for right in rights)}")
    if rule.path:
        lines.append(f"- whose whole name is `{rule.path}`, in any case")
    if rule.image:
        lines.append(f"- of `{rule.image}`, where its integrity is that of the system")
    lines.append(f"- where {rule.crossing.value}")
    for each in rule.allowed:
        who = f"`{each.image}`" if each.image else f"protected by {each.signer}"
        lines.append(f"- allowed: {who} ({each.why})")
    for severity in rule.severities:
        masks = ", ".join(f"0x{mask:x}" for mask in severity.masks)
        which = f" for the masks {masks}" if masks else ""
        number = sources.index(severity.source) + 1
        lines.append(f"- severity **{severity.level}**{which}, of source {number}")
    numbers = ", ".join(str(sources.index(source) + 1) for source in rule.sources)
    lines.append(f"- sources: {numbers}\n")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
