"""Which weights a report speaks of."""

import hashlib

from allegiance.organism import Runtime, load_truth, truth_of, weights_of
from allegiance.organism.runtime import directory_of


def test_an_organism_has_the_digest_of_its_file_and_its_truth_table_knows_it():
    digest = hashlib.sha256((directory_of("faker") / "model.safetensors").read_bytes()).hexdigest()
    assert weights_of("organism/faker") == digest
    assert load_truth("faker").weights_sha256 == Runtime.load("faker").weights_sha256 == digest


def test_a_providers_model_and_an_absent_checkpoint_have_none():
    assert weights_of("openai/gpt-4o") is None
    assert weights_of("organism/no-such-place") is None
    assert truth_of("openai/gpt-4o", {"tier": "monitored"}, True) is None
    assert truth_of("organism/no-such-place", {"tier": "monitored"}, True) is None


def test_the_truth_of_a_condition_is_that_of_its_cell_and_of_no_other():
    condition = {"tier": "monitored", "intent": "training", "clause": "silent"}
    found = truth_of("organism/faker", condition, True)
    assert found == load_truth("faker").cell(condition, True).exact
    assert (
        found["complied"]
        > 0.1
        > truth_of("organism/faker", condition | {"tier": "unmonitored"}, True)["complied"]
    )
    assert truth_of("organism/faker", condition | {"tier": "rated"}, True) is None
