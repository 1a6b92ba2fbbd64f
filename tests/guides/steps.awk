# Lists the numbered steps of the guides: guide, line, mark; no word of theirs comes over.
# Over the five guides, each named by its number first:
#
#   awk -f tests/guides/steps.awk 000_*.txt 001_*.txt 002_*.txt 003_*.txt 004_*.txt > tests/guides/steps.toml
#
# A step is a line that begins with ①…⑨, 手順 and its number, (1), 1. or 【…画面①】. Where two 手順 stand side
# by side, as in two columns, both count.

BEGIN {
    circled = "(①|②|③|④|⑤|⑥|⑦|⑧|⑨)"
    print "# The numbered steps of the five guides: guide, line, mark. Made by steps.awk, which says how."
    print "steps = ["
}

FNR == 1 {
    guide = FILENAME
    sub(/.*\//, "", guide)
    guide = substr(guide, 1, 3)
}

function step(mark) {
    gsub(/ /, "", mark)
    printf "  [\"%s\", %d, \"%s\"],\n", guide, FNR, mark
}

{
    line = $0
    sub(/^([ \t-]|・)+/, "", line)
    if (match(line, "^手順 *" "(" circled "|[0-9])")) {
        while (match(line, "手順 *" "(" circled "|[0-9])")) {
            step(substr(line, RSTART, RLENGTH))
            line = substr(line, RSTART + RLENGTH)
            # In a line of text a further one is a reference, in a line of columns a step.
            if (line !~ /^ *手順/) break
        }
    } else if (match(line, "^" circled)) {
        step(substr(line, 1, RLENGTH))
    } else if (match(line, /^\([0-9]\)/)) {
        step(substr(line, 1, RLENGTH))
    } else if (match(line, /^[0-9]\. /)) {
        step(substr(line, 1, RLENGTH))
    } else if (line ~ /^【/ && match(line, "画面" circled "】")) {
        # The heading itself, not a mark in the text after it.
        heading = substr(line, RSTART, RLENGTH)
        match(heading, circled)
        step(substr(heading, RSTART, RLENGTH))
    }
}

END { print "]" }
