"""The benchmark of large models runs on one that is small: trained with adapters, kept, and asked through Inspect."""

import pytest

from benchmarks import large


@pytest.mark.train
def test_what_a_step_takes_is_measured_beside_its_sum(tmp_path):
    from transformers import AutoModelForCausalLM

    large.made(tmp_path, large.SMALL)
    found = large.part("sft", tmp_path, large.SMALL, 4, 8)
    model = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert found["parameters"] == model.num_parameters()
    assert found["samples"] == large.SAMPLES
    assert found["step"] > 0 < found["peak"]
    told = large.told({"sft": found}, 4)
    assert "an evaluation of 4 samples" in told


def test_the_sums_are_those_of_the_page():
    needs = large.sums(large.LARGE, 7_200_000_000, 16, 1400)
    rounded = {name: round(value, 1) for name, value in needs.items()}
    assert rounded == {
        "weights": 14.4,
        "training state": 0.7,
        "cache while writing": 2.9,
        "kept activations": 5.9,
        "logits": 5.7,
        "in all": 26.7,
    }
