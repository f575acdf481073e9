"""The picture of what the names of headings cost where they return."""

from course.figures import inside

from .made import Answers, Picture


def copying(answers: Answers) -> Picture:
    found = answers["copying"]
    medians = found["medians"]
    unknown = found["unknown"]
    return Picture(
        inside.copying(found["bits"], found["is_unknown"]),
        "What the name costs the final network where a heading of the test half returns: a dot for "
        f"each of {found['headings']} headings, with {found['names']} names. The network starts "
        f"from an empty state and reads the {found['reach']:,} characters that end with the name. "
        f"The median is {medians['same']:.1f} bits. With each earlier copy of the name spelt "
        f"backwards, it is {medians['backwards']:.1f}, and {found['dearer']} of the "
        f"{found['headings']} cost more. The {unknown['headings']} whose name is never a heading "
        f"in the training text cost {unknown['medians']['same']:.1f} bits after its copies, and "
        f"{unknown['medians']['backwards']:.1f} with these backwards.",
        "Four rows of dots, one for each heading: close to zero in the first row, and far from it "
        "where no copy is left or the copy head is switched off.",
    )
