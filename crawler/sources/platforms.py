"""Whether an image suits a platform that somebody insists on."""


def suits(platform: str, asked: str) -> bool:
    """Tell whether an image for `platform` may be taken for `asked`: what either leaves out is no difference.

    Images for arm64 name their variant in one place and not in the other; a configuration may name nothing.
    """
    pairs = zip(platform.split("/"), asked.split("/"), strict=False)
    return not platform or all(one == other for one, other in pairs)
