"""Makes the toy translation models beside this file, in the formats of the published ones.

They know the sentences of ``sentences.tsv`` and nothing else, so that tests can assert what the
engines say. Needs torch, transformers, ctranslate2, sentencepiece and protobuf, which the tests do
not; takes some minutes:

    python make_models.py marian nllb madlad
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sentencepiece
import torch
from ctranslate2.converters import TransformersConverter
from transformers import (
    M2M100Config,
    M2M100ForConditionalGeneration,
    MarianConfig,
    MarianMTModel,
    MarianTokenizer,
    NllbTokenizer,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
    T5Tokenizer,
)

HERE = Path(__file__).parent
FLORES = {"en": "eng_Latn", "es": "spa_Latn", "de": "deu_Latn", "fr": "fra_Latn"}
SIZES = {
    "d_model": 96, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 192, "decoder_ffn_dim": 192,
    "max_position_embeddings": 128,
}  # fmt: skip


@dataclass(frozen=True)
class Example:
    """Token ids of a sentence and of its translation."""

    source: list[int]
    target: list[int]


def rows() -> list[dict[str, str]]:
    with (HERE / "sentences.tsv").open(newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def train_tokenizer(path: Path, sentences: Sequence[str], size: int, **options: object) -> None:
    """Without normalisation rules, which would be most of the file."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_prefix=str(path.with_suffix("")),
        vocab_size=size,
        character_coverage=1.0,
        normalization_rule_name="identity",
        hard_vocab_limit=False,
        minloglevel=2,
        **options,
    )
    made = path.with_suffix(".model")
    if made != path:
        made.rename(path)


def learn(
    model: PreTrainedModel,
    examples: Sequence[Example],
    *,
    pad: int,
    steps: int,
    rate: float = 2e-3,
    after_step: Callable[[], None] = lambda: None,
) -> None:
    """Full-batch AdamW until the sentences are known by heart."""
    source = padded([each.source for each in examples], pad)
    labels = padded([each.target for each in examples], -100)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.0)
    model.train()
    for step in range(steps):
        loss = model(input_ids=source, attention_mask=(source != pad).long(), labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        after_step()
        if step % 50 == 0:
            print(step, round(loss.item(), 4), flush=True)
    print("loss", round(loss.item(), 4), flush=True)


def padded(sequences: Sequence[list[int]], filler: int) -> torch.Tensor:
    longest = max(map(len, sequences))
    return torch.tensor([each + [filler] * (longest - len(each)) for each in sequences])


def make_marian(work: Path) -> list[str]:
    """English to Spanish; ten sentences also have a shorter translation."""
    pairs = [(row["en"], row["es"]) for row in rows()]
    pairs += [(row["en"], row["es_short"]) for row in rows() if row["es_short"]]
    marks = {"pad_id": -1, "bos_id": -1, "eos_id": 0, "unk_id": 1, "model_type": "unigram"}
    pieces = ["</s>", "<unk>"]
    for name, sentences in zip(("source", "target"), zip(*pairs, strict=True), strict=True):
        train_tokenizer(work / f"{name}.spm", sentences * 3, 200, **marks)
        pieces += [each for each in vocabulary(work / f"{name}.spm", 2) if each not in pieces]
    pieces.append("<pad>")
    (work / "vocab.json").write_text(json.dumps({each: at for at, each in enumerate(pieces)}))
    tokenizer = MarianTokenizer(
        source_spm=str(work / "source.spm"),
        target_spm=str(work / "target.spm"),
        vocab=str(work / "vocab.json"),
        source_lang="en",
        target_lang="es",
    )
    tokenizer.save_pretrained(work)
    pad = pieces.index("<pad>")
    model = MarianMTModel(
        MarianConfig(
            **SIZES, vocab_size=len(pieces), pad_token_id=pad, eos_token_id=0,
            forced_eos_token_id=0, decoder_start_token_id=pad, scale_embedding=True,
            activation_function="swish", static_position_embeddings=True,
        )
    )  # fmt: skip

    def clear_pad() -> None:
        # CTranslate2 starts Marian's decoder from a zero embedding; the tied output layer would
        # move it away from there.
        with torch.no_grad():
            model.model.shared.weight[pad].zero_()

    clear_pad()
    examples = [
        Example(tokenizer(source)["input_ids"], tokenizer(text_target=target)["input_ids"])
        for source, target in pairs
    ]
    learn(model, examples, pad=pad, steps=320, after_step=clear_pad)
    model.save_pretrained(work)
    return ["source.spm", "target.spm"]


def make_nllb(work: Path) -> list[str]:
    """English to Spanish, German and French, with NLLB's language codes."""
    name = "sentencepiece.bpe.model"
    sentences = [row[language] for row in rows() for language in FLORES]
    marks = {"unk_id": 0, "bos_id": 1, "eos_id": 2, "pad_id": -1, "model_type": "bpe"}
    train_tokenizer(work / name, sentences * 3, 400, **marks)
    codes = list(FLORES.values())
    settings = {
        "tokenizer_class": "NllbTokenizer", "src_lang": codes[0], "tgt_lang": codes[1],
        "additional_special_tokens": codes,
    }  # fmt: skip
    (work / "tokenizer_config.json").write_text(json.dumps(settings))
    tokenizer = NllbTokenizer.from_pretrained(work)
    tokenizer.save_pretrained(work)
    examples = []
    for row in rows():
        for language in ("es", "de", "fr"):
            tokenizer.src_lang, tokenizer.tgt_lang = FLORES["en"], FLORES[language]
            both = tokenizer(row["en"], text_target=row[language])
            examples.append(Example(both["input_ids"], both["labels"]))
    model = M2M100ForConditionalGeneration(
        M2M100Config(
            **SIZES, vocab_size=len(tokenizer), decoder_start_token_id=2, scale_embedding=True,
            attention_dropout=0.0, activation_dropout=0.0, encoder_layerdrop=0.0,
            decoder_layerdrop=0.0,
        )
    )  # fmt: skip
    learn(model, examples, pad=tokenizer.pad_token_id, steps=420)
    model.save_pretrained(work)
    return [name]


def make_madlad(work: Path) -> list[str]:
    """English to Spanish, German and French, with the tokens that ask MADLAD for a target."""
    name = "spiece.model"
    sentences = [row[language] for row in rows() for language in FLORES]
    asked = {language: f"<2{language}>" for language in FLORES}
    train_tokenizer(
        work / name, sentences * 3, 400, pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
        model_type="unigram", user_defined_symbols=list(asked.values()),
    )  # fmt: skip
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(work / name))
    # The converter takes the vocabulary from T5's tokenizer.
    scored = [
        (pieces.id_to_piece(at), pieces.get_score(at)) for at in range(pieces.get_piece_size())
    ]
    T5Tokenizer(vocab=scored, extra_ids=0).save_pretrained(work)
    examples = [
        Example(
            [pieces.piece_to_id(asked[language]), *pieces.encode(row["en"]), pieces.eos_id()],
            [*pieces.encode(row[language]), pieces.eos_id()],
        )
        for row in rows()
        for language in ("es", "de", "fr")
    ]
    model = T5ForConditionalGeneration(
        T5Config(
            vocab_size=pieces.get_piece_size(), d_model=96, d_kv=24, d_ff=192, num_layers=2,
            num_decoder_layers=2, num_heads=4, feed_forward_proj="gated-gelu", dropout_rate=0.05,
            tie_word_embeddings=False, decoder_start_token_id=0,
        )
    )  # fmt: skip
    learn(model, examples, pad=0, steps=240)
    model.save_pretrained(work)
    return [name]


def vocabulary(tokenizer: Path, first: int) -> Iterator[str]:
    model = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer))
    return (model.id_to_piece(at) for at in range(first, model.get_piece_size()))


QUANTIZATION = {"madlad": "float16"}
"""The others are int8. This one is rounded when it is loaded, which has to work too."""
MAKERS = {"marian": make_marian, "nllb": make_nllb, "madlad": make_madlad}


def main(kinds: Sequence[str]) -> None:
    for kind in kinds:
        torch.manual_seed(0)
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            tokenizers = MAKERS[kind](work)
            converter = TransformersConverter(str(work), copy_files=tokenizers)
            made = HERE / kind
            manifest = (made / "polydub.json").read_bytes()
            shutil.rmtree(made)
            converter.convert(str(made), quantization=QUANTIZATION.get(kind, "int8"))
            (made / "polydub.json").write_bytes(manifest)


if __name__ == "__main__":
    main(sys.argv[1:] or list(MAKERS))
