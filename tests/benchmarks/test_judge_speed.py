"""The benchmark of the judge measures what it says: all transcripts judged, the same ones by the peer."""

from allegiance.corpus import Corpus
from allegiance.corpus.export.exporting import export_transcripts
from benchmarks.scanners_studies import judge_speed


def test_the_judge_inspect_alone_and_the_peer_do_the_same_work(tmp_path):
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    corpus.add(judge_speed.talks(12))
    rates = [
        judge_speed.judged(corpus, tmp_path),
        judge_speed.generated(corpus, 12),
    ]
    export_transcripts(corpus, "scout", tmp_path / "scout")
    rates.append(judge_speed.scouted(tmp_path / "scout", tmp_path, 12, 1))
    assert all(rate.clock > 0 and rate.processor > 0 for rate in rates)
    (digest,) = set(corpus.verdicts("doubts")["scanner_digest"].to_pylist())
    assert corpus.verdicts("doubts", digest).num_rows == 12
