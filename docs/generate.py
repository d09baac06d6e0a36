"""Writes the reference pages that are made from the code; `--check` says whether they are current."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from cairn.settings import Settings

PAGE = Path(__file__).with_name("settings.md")


def settings_page() -> str:
    lines = [
        "# Settings",
        "",
        "Environment variables, also from a `.env` in the working folder. Made by `./dev docs`.",
        "",
        "| name | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = "the platform's data folder" if name == "data_dir" else field.default
        shown = "unset" if default is None else default if name == "data_dir" else f"`{default}`"
        lines.append(f"| `CAIRN_{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    page = settings_page()
    if "--check" not in sys.argv:
        PAGE.write_text(page)
        return 0
    if PAGE.exists() and PAGE.read_text() == page:
        return 0
    print(f"{PAGE.name} is not current: run ./dev docs")
    return 1


if __name__ == "__main__":
    sys.exit(main())
