"""The thresholds of what is written for a learner, in one table. Each says what it measures."""

# A quiz

LEAST_QUESTIONS = 3
"""With fewer, a quiz says nothing of who answers it."""
REWRITES = 2
"""Times that a question is written anew, where it is answered otherwise than its key says."""
OPTIONS_PER_QUESTION = (2, 6)
LENGTH_GIVEAWAY = 1.6
"""A right option this many times longer than the longest wrong one is guessed without knowing."""
SHORT_OPTION = 24
"""Below so many characters a difference in length tells nothing."""
LEAST_STEM = 3
"""Words of a question that can be understood alone; see `text.measure`."""
LEAST_WHY = 3
"""Words of an explanation that explains."""
REPEATED_BEGINNING = 5
"""Words that begin all options alike belong to the question."""
CLANG_WORDS = 2
"""Words of the question that come back in the right options and in no wrong one."""
CLANG_SHARE = 0.6
"""Of the words of the right option, that many and more, before they point to it."""
VERBATIM = 3
"""Words of a right option that stands in its question as it is."""
PATTERN = 4
"""So many questions with the right option at one place, or always the longest, are no chance."""
NOTICEABLY = 1.2
"""A right option this many times longer than the longest wrong one is seen to be so."""
SAME_TRUTHS = 3
"""So many statements that are all true, or all false, are answered by one look."""
ABSOLUTES = 2
"""Wrong options that say “always” or “never”, where no right one does: one alone is often a real mistake."""

# A tutorial

LEAST_WORDS = 80
"""Of a tutorial, without its code."""
LONGEST_SAMPLE = 20_000
"""Characters of code that is still parsed."""
SHARE_OF_CJK = 0.2
"""Of the letters of a Chinese text; English terms and code names take the rest."""
SHARE_OF_KANA = 0.05
"""Of the letters; with so many signs of Japanese or Korean a text is not Chinese."""
SHARE_OF_ENGLISH = 0.08
"""Of the words of an English text, the little ones such as “the”: the built-in courses have 0.2 and more,
other languages next to none."""
FEW_WORDS = 40
"""Below so many, that share says nothing."""
LEAST_EXPLAINED = 40
"""Words of a section that explains."""
SIGN_OFF = 6
"""A last line of fewer words needs no full stop."""
WORDS_PER_MINUTE = 238
"""Of silent reading of English non-fiction (Brysbaert 2019, Journal of Memory and Language 109)."""
SIGNS_PER_MINUTE = 255
"""Chinese characters, read aloud (Trauzettel-Klosinski and Dietz 2012, the texts of IReST)."""
READING_SHARE = (0.05, 1.0)
"""Of a lesson's minutes, that reading it takes: with less nothing was written for them, with more there is no
time for the exercise."""
