"""What the commands print: progress while a course is made, outlines, lists."""
