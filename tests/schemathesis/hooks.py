"""Begins every operation with calls that are known to be good, and counts what was answered.

SKTS_CALLS names the calls, {path: [body, ...]}; SKTS_COUNTS the file that gets {operation: count of
2xx}. A call made again byte for byte is answered as before, so these can be made any number of times.
"""

import json
import os
from collections import Counter

import schemathesis

with open(os.environ["SKTS_CALLS"], encoding="utf-8") as file:
    CALLS = json.load(file)
ANSWERED = Counter()


@schemathesis.hook
def before_add_examples(context, examples):
    operation = context.operation
    # The document's own examples name nothing that is there.
    for body in CALLS.get(operation.path, []):
        examples.append(operation.Case(body=body, media_type="application/json"))


@schemathesis.hook
def after_call(context, case, response):
    if 200 <= response.status_code < 300:
        ANSWERED[case.operation.label] += 1
        with open(os.environ["SKTS_COUNTS"], "w", encoding="utf-8") as file:
            json.dump(ANSWERED, file)
