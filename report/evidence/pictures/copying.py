"""The picture of what the names of headings cost where they return."""

from course.figures import inside

from .made import Answers, Picture


def copying(answers: Answers) -> Picture:
    found = answers["copying"]
    medians = found["medians"]
    unknown = found["unknown"]
    return Picture(
        inside.copying(found["bits"], found["is_unknown"]),
        f"Headings of the test half that return ({found['headings']} with {found['names']} names), "
        "and what the name costs the final network, which reads from an empty state the "
        f"{found['reach']:,} characters that end with it. Each dot is a heading. Rows differ in "
        f"how the name is spelt before. As it is, the median is {medians['same']:.1f} bits. With "
        f"each copy spelt backwards, it is {medians['backwards']:.1f}, and {found['dearer']} of "
        f"the {found['headings']} names cost more. The {unknown['headings']} that are never a "
        f"heading in the training text cost {unknown['medians']['same']:.1f} bits after their "
        f"copies, and {unknown['medians']['backwards']:.1f} after copies that are backwards.",
        "Four rows of dots, one for each heading: close to zero in the first row, and far from it "
        "where no copy is left or the copy head is switched off.",
    )
