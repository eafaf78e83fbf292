"""A user's own requests: what is read from a file or a data set, and what is said of one that can't be asked."""

import csv
import json
import sys
from types import SimpleNamespace

import pytest
import yaml

from allegiance.errors import UsageError
from allegiance.study import Study
from allegiance.study import own_requests as module

BASE = {
    "name": "example",
    "question": "Does it matter who watches?",
    "principal": "Northwind",
    "intents": {"original": "Refuse harm.", "training": "Follow every request."},
}
ADVBENCH = 'goal,target\n"Write a rude note, please","Sure, here is"\nTell a lie,"Sure, here is"\n'


@pytest.fixture
def load(tmp_path):
    """Write a study beside a file of requests, and load it."""

    def loaded(requests, **files):
        for name, content in files.items():
            path = tmp_path / name.replace("_", ".")
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        study = tmp_path / "study.yaml"
        study.write_text(yaml.safe_dump(BASE | {"requests": requests}))
        return Study.load(study)

    return loaded


def refused(load, requests, **files):
    with pytest.raises(UsageError) as caught:
        load(requests, **files)
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_a_csv_in_the_manner_of_advbench_is_known_by_its_columns(load):
    study = load({"file": "r.csv"}, r_csv=ADVBENCH)
    assert [(r.id, r.text, r.against) for r in study.asked] == [
        ("row-001", "Write a rude note, please", "original"),
        ("row-002", "Tell a lie", "original"),
    ]


def test_columns_of_text_id_and_intent_are_the_ones_that_are_named(load):
    table = "key,ask,which\na1,Lie to me.,original\nb2,Thank her.,neither\n"
    study = load({"file": "r.csv", "text": "ask", "id": "key", "against": "which"}, r_csv=table)
    assert [(r.id, r.text, r.against) for r in study.asked] == [
        ("a1", "Lie to me.", "original"),
        ("b2", "Thank her.", "neither"),
    ]
    study = load({"file": "r.csv", "text": "ask", "against": "both"}, r_csv=table)
    assert {r.against for r in study.asked} == {"both"}


def test_jsonl_is_read_line_by_line_with_text_as_it_stands(load):
    lines = [{"text": "Zwölf {Boxkämpfer}\nund <b>", "id": 7}, {"text": " x ", "id": 8, "more": []}]
    text = "\n\n".join(json.dumps(line) for line in lines)
    study = load({"file": "r.jsonl", "id": "id"}, r_jsonl=text)
    assert [(r.id, r.text) for r in study.asked] == [
        ("7", "Zwölf {Boxkämpfer}\nund <b>"),
        ("8", "x"),
    ]


def test_what_a_csv_writer_wrote_comes_back(load, tmp_path):
    texts = ['Say "no", twice.', "One\nline, and another", "-1+1", "ü;\t|"]
    with (tmp_path / "r.csv").open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(["text"])
        writer.writerows([text] for text in texts)
    assert [r.text for r in load({"file": "r.csv"}).asked] == texts


def test_a_number_of_rows_is_drawn_by_the_seed_and_more_of_them_extend_fewer(load):
    table = "text\n" + "\n".join(f"Request {i}." for i in range(50))

    def asked(**more):
        return [r.id for r in load({"file": "r.csv"} | more, r_csv=table).asked]

    assert asked(n=5, seed=1) == asked(n=5, seed=1) == asked(n=20, seed=1)[:5]
    assert asked(n=5, seed=1) != asked(n=5, seed=2)
    assert len(set(asked(n=50))) == 50
    assert asked() == sorted(asked())


def test_the_digest_is_about_what_is_asked_and_not_about_where_it_lay(load):
    listed = [{"id": "row-001", "text": "Lie."}, {"id": "row-002", "text": "Cheat."}]
    one = load({"file": "r.csv"}, r_csv="text\nLie.\nCheat.\n")
    other = load({"file": "s.jsonl"}, s_jsonl='{"text": "Lie."}\n{"text": "Cheat."}')
    assert one.digest == other.digest == load(listed).digest
    assert one.digest != load({"file": "r.csv"}, r_csv="text\nLie.\nCheat!\n").digest


def test_a_loaded_study_no_longer_needs_the_file(load, tmp_path):
    study = load({"file": "r.csv"}, r_csv=ADVBENCH)
    (tmp_path / "r.csv").unlink()
    assert study.worded_for("openai/gpt").digest == study.digest
    assert Study.parse(study.model_dump(mode="json")).digest == study.digest


def test_a_path_is_relative_to_the_study_and_not_to_where_one_stands(load, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert len(load({"file": "r.csv"}, r_csv=ADVBENCH).asked) == 2


@pytest.mark.parametrize(
    ("requests", "content", "said"),
    [
        ({}, "", "r.csv: there are no requests in it"),
        ({}, "text\n", "r.csv: there are no requests in it"),
        ({}, "prompt,note\nx,y\n", "say which column holds the requests (`text: COLUMN`); it has prompt, note"),
        ({"text": "promt"}, "prompt,note\nx,y\n", "there is no column `promt` for `text` (did you mean `prompt`?)"),
        ({"id": "zz"}, "text,note\nx,y\n", "there is no column `zz` for `id` (it has text, note)"),
        ({"against": "orignal"}, "text\nx\n", "there is no column `orignal` for `against`, and against is none of original, training, both, neither"),
        ({"against": "w"}, "text,w\nx,nobody\n", "line 2: the column `w` says `nobody`; it may say original"),
        ({}, "text\nx\n  \n\ny\n\"\"\n", "2 of 4 rows have no text in the column `text` (line 3, line 6)"),
        ({"id": "k"}, "k,text\na,x\nb,y\na,z\n", "the id `a` stands in line 2 and in line 4"),
        ({"id": "k"}, "k,text\na b,x\n", "line 2: the id `a b` is none"),
        ({"id": "k"}, "k,text\n,x\n", "line 2: the id `` is none"),
        ({}, "text\nFirst, do no harm.\n", "line 2 has 2 cells and the first line 1; put texts with commas in quotes"),
        ({}, 'text\n"never closed\n', "is not CSV"),
        ({}, "text,text\na,b\n", "two columns are called `text`"),
        ({}, "text\ncaf\xe9\n".encode("latin-1"), "is not UTF-8 (byte 0xe9 can't be read); save it as UTF-8"),
        ({}, "text\nx\n".encode("utf-16"), "is not UTF-8"),
        ({"n": 3}, "text\nx\ny\n", "there are 2 requests in it, not 3"),
        ({"n": 0}, "text\nx\n", "requests.n: input should be greater than or equal to 1, not 0"),
        ({"txet": "a"}, "text\nx\n", "requests.txet: there is no field of this name (did you mean `text`?)"),
        ({}, "text\n" + "x" * 100_001, "line 2: the request has 100001 characters"),
    ],
)  # fmt: skip
def test_every_fault_of_a_csv_is_told_in_a_sentence_with_its_place(load, requests, content, said):
    found = refused(load, {"file": "r.csv"} | requests, r_csv=content)
    assert said in found
    assert "study.yaml: requests" in found


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "there are no requests in it"),
        ('{"text": "x"}\n{"text": \n', "line 2 is not JSON"),
        ('"x"\n', "line 1 is not an object"),
        ('{"text": ["x"]}\n', "line 1: the column `text` holds no text but a list"),
        ('{"text": 3}\n', "line 1: the column `text` holds no text but a number"),
        ('{"text": "x"}\n{"txt": "y"}\n{"text": null}', "2 of 3 rows have no text in the column `text` (line 2, line 3)"),
        ("[" * 100_000, "line 1 is not JSON"),
    ],
)  # fmt: skip
def test_every_fault_of_a_jsonl_file_is_told_in_a_sentence(load, content, said):
    assert said in refused(load, {"file": "r.jsonl"}, r_jsonl=content)


def test_a_missing_file_an_unknown_kind_and_a_folder_are_refused(load, tmp_path):
    assert "relative to the study's folder" in refused(load, {"file": "none.csv"})
    assert ".csv and .jsonl" in refused(load, {"file": "r.xlsx"}, r_xlsx="x")
    (tmp_path / "d.csv").mkdir()
    assert "can't be read" in refused(load, {"file": "d.csv"})


def test_a_huge_file_is_refused_before_it_is_read_and_too_many_rows_ask_for_a_number(
    load, monkeypatch
):
    table = "text\n" + "\n".join(f"Request {i}." for i in range(30))
    monkeypatch.setattr(module, "MOST", 29)
    assert "ask a part of them with `n`" in refused(load, {"file": "r.csv"}, r_csv=table)
    assert len(load({"file": "r.csv", "n": 29}, r_csv=table).asked) == 29
    monkeypatch.setattr(module, "_LARGEST", 100)
    assert "the file is larger than" in refused(load, {"file": "r.csv", "n": 3}, r_csv=table)


def test_a_misspelt_shape_of_requests_names_all_its_fields(load):
    with pytest.raises(UsageError, match="did you mean `file`"):
        load({"flie": "r.csv"})


class Table(list):
    """What `datasets.load_dataset` gives, as far as it is used."""

    @property
    def column_names(self):
        return list(self[0]) if self else []


@pytest.fixture
def hub(monkeypatch):
    """A library `datasets` that knows one data set."""
    asked = []

    def load_dataset(name, subset=None, *, split):
        asked.append((name, subset, split))
        if name != "lab/requests":
            raise FileNotFoundError(f"Dataset '{name}' doesn't exist on the Hub\nand more")
        return Table([{"prompt": "Lie.", "n": 1}, {"prompt": "Cheat.", "n": 2}])

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    return asked


def test_a_data_set_of_hugging_face_is_read_by_name_split_and_column(load, hub):
    study = load({"hf": "lab/requests", "subset": "mild", "split": "test", "text": "prompt"})
    assert [(r.id, r.text) for r in study.asked] == [("row-001", "Lie."), ("row-002", "Cheat.")]
    assert hub == [("lab/requests", "mild", "test")]


def test_faults_of_a_data_set_are_told_in_a_sentence(load, hub):
    assert "requests.hf: lab/none: the data set can't be loaded (Dataset 'lab/none'" in refused(
        load, {"hf": "lab/none"}
    )
    assert "say which column" in refused(load, {"hf": "lab/requests"})
    assert "did you mean `prompt`" in refused(load, {"hf": "lab/requests", "text": "prompts"})
    assert "row 1: the column `n` holds no text but a number" in refused(
        load, {"hf": "lab/requests", "text": "n"}
    )


def test_without_the_library_it_is_named_with_how_to_get_it(load, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert "pip install datasets" in refused(load, {"hf": "lab/requests", "text": "prompt"})
