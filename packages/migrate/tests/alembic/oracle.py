"""Answers questions about revision graphs with Alembic's own RevisionMap: one JSON object a line, in and out.

in:  {"revisions": [{"id", "parents", "dependsOn", "labels"}], "questions": [{"op", "heads"?, "target"?, "lower"?, "upper"?}]}
out: {"graph": answer, "answers": [answer]}, where an answer is {"ok": ...} or {"error": class, "message": text}
"""
import json
import sys
import warnings

import alembic
from alembic.runtime.migration import HeadMaintainer, RevisionStep
from alembic.script import ScriptDirectory
from alembic.script import revision as r
from alembic.util import CommandError

warnings.simplefilter("ignore")


class Node(r.Revision):
    """RevisionStep wants a module with the two functions."""

    module = type("module", (), {"upgrade": None, "downgrade": None})


class Heads(HeadMaintainer):
    """The version table, kept in memory."""

    def _insert_version(self, version):
        assert version not in self.heads
        self.heads.add(version)

    def _delete_version(self, version):
        self.heads.remove(version)

    def _update_version(self, from_, to_):
        assert to_ not in self.heads
        self.heads.remove(from_)
        self.heads.add(to_)


def build(revisions):
    made = [
        Node(one["id"], tuple(one["parents"]), tuple(one["dependsOn"]) or None, tuple(one["labels"]) or None)
        for one in revisions
    ]
    graph = r.RevisionMap(lambda: iter(made))
    graph._revision_map
    for node in made:
        # Alembic keeps these in a set of strings, whose order changes with every process. The order in which the
        # file names them is one of those that it may come up with, and the one that is compared.
        order = list(node._resolved_dependencies)
        node._normalized_resolved_dependencies = tuple(
            sorted(node._normalized_resolved_dependencies, key=order.index)
        )
    return graph


def describe(graph):
    nodes = {k: v for k, v in graph._revision_map.items() if k and v.revision == k}
    return {
        "heads": list(graph.heads),
        "realHeads": list(graph._real_heads),
        "bases": list(graph.bases),
        "labels": {k: sorted(v.branch_labels) for k, v in nodes.items()},
        "requires": {k: list(v._normalized_down_revisions) for k, v in nodes.items()},
    }


def ids(revisions):
    return [one if one in (None, "base") else one.revision for one in revisions]


def apply(graph, heads, revisions, up):
    table = Heads(None, heads)
    for one in revisions:
        table.update_to_step(RevisionStep(graph, one, up))
    return sorted(table.heads)


def answer(graph, question):
    op = question["op"]
    if op == "find":
        return ids(graph.get_revisions(question["target"]))
    if op == "range":
        return ids(
            graph.iterate_revisions(
                question["upper"], question["lower"], inclusive=True, assert_relative_length=False
            )
        )
    heads = tuple(question["heads"])
    if op == "stamp":
        script = ScriptDirectory.__new__(ScriptDirectory)
        script.revision_map = graph
        table = Heads(None, heads)
        try:
            steps = script._stamp_revs(question["target"], heads)
        except CommandError as error:
            raise error.__cause__ or error
        for step in steps:
            table.update_to_step(step)
        return sorted(table.heads)
    if op == "upgrade":
        steps = list(graph.iterate_revisions(question["target"], heads, implicit_base=True))[::-1]
    else:
        steps = list(graph.iterate_revisions(heads, question["target"], select_for_downgrade=True))
    return {"plan": ids(steps), "heads": attempt(lambda: apply(graph, heads, steps, op == "upgrade"))}


def attempt(work):
    try:
        return {"ok": work()}
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error)}


print(json.dumps({"alembic": alembic.__version__}), flush=True)
for line in sys.stdin:
    case = json.loads(line)
    made = {}

    def load():
        made["graph"] = build(case["revisions"])
        return describe(made["graph"])

    graph = attempt(load)
    answers = [] if "error" in graph else [
        attempt(lambda: answer(made["graph"], question)) for question in case["questions"]
    ]
    print(json.dumps({"graph": graph, "answers": answers}), flush=True)
