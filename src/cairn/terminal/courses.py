"""The built-in courses, listed."""

import json

from cairn.authors.library.shelf import Shelf


def show_courses(*, as_json: bool) -> None:
    shelf = Shelf()
    found = [shelf.course(head.id) for head in shelf.heads]
    if as_json:
        rows = [
            {"course_id": c.course_id, "title": c.title, "language": c.language, "summary": c.summary,
             "concepts": len(c.concepts), "hours": c.total_hours}
            for c in found
        ]  # fmt: skip
        print(json.dumps({"items": rows}, ensure_ascii=False, indent=2))
        return
    for course in found:
        print(f"{course.title}  {len(course.concepts)} concepts, {course.total_hours:g} hours")
        print(f"  {course.summary}")
