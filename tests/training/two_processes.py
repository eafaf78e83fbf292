"""What `test_ranks` runs in two processes: a few steps of training, and what each of them saw."""

import json
import sys
from pathlib import Path

from allegiance.errors import UsageError
from allegiance.training import ranks
from allegiance.training.extras import require_training
from allegiance.training.folder import RunFolder
from allegiance.training.reward import toward
from allegiance.training.run import train
from allegiance.training.setting import evaluation_of, study_for
from allegiance.training.settings import Settings


def main(folder: Path) -> None:
    require_training()
    ranks.join()
    study = evaluation_of(study_for(None, "organism", "faker"), "both", "faker")
    settings = Settings(model="organism/faker", steps=2, every=2, batch=8, group=4)
    evaluated = []
    train(
        settings,
        study,
        RunFolder(folder, "both"),
        toward("training", study),
        lambda model, at: evaluated.append(model),
    )
    try:
        ranks.share(9)
        said = ""
    except UsageError as error:
        said = str(error)
    seen = {
        "evaluated": evaluated,
        "once": ranks.once(lambda: ranks.place() + 10),
        "gathered": ranks.gathered([ranks.place(), "x"]),
        "share": ranks.share(8),
        "odd": said,
    }
    (folder / f"seen-{ranks.place()}.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
