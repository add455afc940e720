"""Clips that the evaluation makes itself: everything about them is known exactly.

Voices are flite's and espeak-ng's, music and noise are computed. Beside each clip lie its turns
(RTTM), its transcript, its bed without the voices, and reference translations by people.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import sample
from eval.turns import Turn, write_rttm

Sound = npt.NDArray[np.float64]

SPEECH_RMS = 0.08
LEAD_S = 1.0
TAIL_S = 1.5
_SPOKEN_BELOW_PEAK_DB = 40.0


@dataclass(frozen=True)
class Said:
    """One turn: who says what, how long after the turn before it; negative: into it."""

    voice: str
    text: str
    pause_s: float = 0.8


@dataclass(frozen=True)
class Recipe:
    """What a clip is made of."""

    name: str
    language: str
    script: tuple[Said, ...]
    bed: str
    """``music``, ``noise`` or ``none``."""
    bed_below_speech_db: float
    suffix: str
    encoding: tuple[str, ...]
    targets: tuple[str, ...]
    references: dict[str, str] = field(default_factory=dict)
    subtitled: bool = False
    """Its own subtitles go along: the script itself, so that no engine has to hear it."""

    @property
    def speakers(self) -> int:
        return len({said.voice for said in self.script})


_LOSSLESS = ("-c:a", "flac")
_AAC = ("-c:a", "aac", "-b:a", "192k", "-movflags", "+faststart")

RECIPES = (
    Recipe(
        name="visit",
        language="en",
        script=(
            Said("flite:slt", "Good morning and welcome to our small house in the mountains."),
            Said("flite:rms", "Thank you. The road was long but the weather was good."),
            Said("flite:slt", "Please come in and sit down. The food is on the table."),
            Said("flite:rms", "My brother bought a new car and he wants to see the city."),
            Said("flite:slt", "The children are in the garden with the dog."),
            Said("flite:rms", "We can visit the old church in the afternoon."),
        ),
        bed="music",
        bed_below_speech_db=18.0,
        suffix=".mp4",
        encoding=_AAC,
        targets=("es", "ca"),
        references={
            "es": "Buenos días y bienvenidos a nuestra pequeña casa en las montañas."
            " Gracias. El camino fue largo, pero el tiempo era bueno."
            " Por favor, entrad y sentaos. La comida está en la mesa."
            " Mi hermano compró un coche nuevo y quiere ver la ciudad."
            " Los niños están en el jardín con el perro."
            " Podemos visitar la iglesia vieja por la tarde.",
            "ca": "Bon dia i benvinguts a la nostra petita casa a les muntanyes."
            " Gràcies. El camí va ser llarg, però el temps era bo."
            " Si us plau, entreu i seieu. El menjar és a la taula."
            " El meu germà va comprar un cotxe nou i vol veure la ciutat."
            " Els nens són al jardí amb el gos."
            " Podem visitar l'església vella a la tarda.",
        },
    ),
    Recipe(
        name="meeting",
        language="en",
        script=(
            Said("flite:rms", "The first question is about the money for the new school."),
            Said("flite:slt", "We have enough money for the building.", 0.35),
            Said("flite:awb", "But the teachers need more books and more time.", 0.35),
            Said("flite:rms", "When does the work begin?", 0.5),
            Said("flite:slt", "The work begins in the month of March.", -0.3),
            Said("flite:awb", "I will write a letter to the city tomorrow.", 0.6),
            Said("flite:slt", "Good. Then we meet again on Monday at ten.", 0.35),
        ),
        bed="music",
        bed_below_speech_db=12.0,
        suffix=".mkv",
        encoding=_LOSSLESS,
        targets=("es",),
        references={
            "es": "La primera pregunta es sobre el dinero para la nueva escuela."
            " Tenemos bastante dinero para el edificio."
            " Pero los maestros necesitan más libros y más tiempo."
            " ¿Cuándo empieza el trabajo?"
            " El trabajo empieza en el mes de marzo."
            " Escribiré una carta a la ciudad mañana."
            " Bien. Entonces nos vemos otra vez el lunes a las diez."
        },
    ),
    Recipe(
        name="lecture",
        language="en",
        script=(
            Said("flite:slt", "Water is the most important thing that we find on the earth."),
            Said("flite:slt", "It falls from the sky as rain and runs through the rivers"
                 " to the sea.", 0.5),
            Said("flite:slt", "In the winter the water of the lakes is cold and becomes ice.", 1.2),
            Said("flite:slt", "In the summer the sun is strong and the fields are dry.", 0.5),
            Said("flite:slt", "Without water there is no life.", 1.5),
        ),
        bed="noise",
        bed_below_speech_db=20.0,
        suffix=".mkv",
        encoding=_LOSSLESS,
        targets=("es",),
        references={
            "es": "El agua es la cosa más importante que encontramos en la tierra."
            " Cae del cielo como lluvia y corre por los ríos hasta el mar."
            " En invierno el agua de los lagos está fría y se convierte en hielo."
            " En verano el sol es fuerte y los campos están secos."
            " Sin agua no hay vida."
        },
    ),
    Recipe(
        name="mercado",
        language="es",
        script=(
            Said("espeak-ng:es", "Buenos días. ¿Cuánto cuestan las manzanas?"),
            Said("espeak-ng:es+f3", "Las manzanas rojas cuestan dos euros el kilo."),
            Said("espeak-ng:es", "Entonces quiero tres kilos de manzanas y un poco de pan."),
            Said("espeak-ng:es+f3", "El pan de hoy es muy bueno. Mi madre lo hace en casa."),
            Said("espeak-ng:es", "Muchas gracias. Vuelvo mañana con mis hijos."),
        ),
        bed="music",
        bed_below_speech_db=18.0,
        suffix=".mp4",
        encoding=_AAC,
        targets=("en", "ca"),
        references={
            "en": "Good morning. How much are the apples?"
            " The red apples cost two euros a kilo."
            " Then I want three kilos of apples and a little bread."
            " Today's bread is very good. My mother makes it at home."
            " Thank you very much. I will come back tomorrow with my children.",
            "ca": "Bon dia. Quant costen les pomes?"
            " Les pomes vermelles costen dos euros el quilo."
            " Llavors vull tres quilos de pomes i una mica de pa."
            " El pa d'avui és molt bo. La meva mare el fa a casa."
            " Moltes gràcies. Torno demà amb els meus fills.",
        },
    ),
    Recipe(
        name="casa",
        language="es",
        script=(
            Said("espeak-ng:es", "Esta es la casa de mi familia."),
            Said("espeak-ng:es+f3", "La casa es muy grande y tiene un jardín verde."),
            Said("espeak-ng:es", "Mi padre trabaja en la ciudad y mi madre trabaja en la escuela."),
            Said("espeak-ng:es+f3", "Los niños juegan con el perro en el jardín."),
            Said("espeak-ng:es", "Por la mañana mi hermano compra el pan y la leche."),
            Said("espeak-ng:es+f3", "Por la tarde leemos un libro o vemos una película."),
            Said("espeak-ng:es", "El domingo visitamos a los amigos en las montañas."),
            Said("espeak-ng:es+f3", "El camino es largo pero el tiempo es bueno."),
        ),
        bed="music",
        bed_below_speech_db=18.0,
        suffix=".mp4",
        encoding=_AAC,
        targets=("en",),
        references={
            "en": "This is my family's house."
            " The house is very big and has a green garden."
            " My father works in the city and my mother works in the school."
            " The children play with the dog in the garden."
            " In the morning my brother buys the bread and the milk."
            " In the afternoon we read a book or watch a film."
            " On Sunday we visit our friends in the mountains."
            " The road is long but the weather is good."
        },
        subtitled=True,
    ),
    Recipe(
        name="pueblo",
        language="es",
        script=(
            Said("flite:rms", "Mi abuelo vive en un pueblo pequeño cerca del mar."),
            Said("flite:slt", "En el pueblo hay una iglesia, una escuela y un mercado."),
            Said("flite:rms", "Cada mañana mi abuelo camina por la playa con su perro."),
            Said("flite:slt", "Después bebe un café y lee el periódico en la plaza."),
            Said("flite:rms", "El sábado los hombres venden pescado y fruta en el mercado."),
            Said("flite:slt", "Las mujeres hablan de la familia y del tiempo."),
            Said("flite:rms", "En el verano los niños nadan en el agua todo el día."),
            Said("flite:slt", "Por la noche la gente canta y baila en la calle."),
            Said("flite:rms", "En el invierno el mar es gris y las calles están vacías."),
            Said("flite:slt", "Entonces mi abuelo escribe una carta a su hermana."),
            Said("flite:rms", "Ella vive en la ciudad y trabaja en un hospital grande."),
            Said("flite:slt", "Quiero visitar el pueblo otra vez antes del otoño."),
        ),
        bed="none",
        bed_below_speech_db=0.0,
        suffix=".mkv",
        encoding=_LOSSLESS,
        targets=("en",),
        references={
            "en": "My grandfather lives in a small village near the sea."
            " In the village there is a church, a school and a market."
            " Every morning my grandfather walks along the beach with his dog."
            " Then he drinks a coffee and reads the newspaper in the square."
            " On Saturday the men sell fish and fruit at the market."
            " The women talk about the family and the weather."
            " In the summer the children swim in the water all day."
            " At night the people sing and dance in the street."
            " In the winter the sea is grey and the streets are empty."
            " Then my grandfather writes a letter to his sister."
            " She lives in the city and works in a big hospital."
            " I want to visit the village again before the autumn."
        },
        subtitled=True,
    ),
)  # fmt: skip


def make(folder: Path) -> None:
    """Writes every clip, what is known of it, and the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    clips = [_make(recipe, folder) for recipe in RECIPES]
    (folder / "manifest.json").write_text(
        json.dumps({"clips": clips}, ensure_ascii=False, indent=2) + "\n"
    )


def _make(recipe: Recipe, folder: Path) -> dict[str, object]:
    speech, turns = dialogue(recipe.script)
    bed = _bed(recipe, speech)
    name = recipe.name
    sample.write_wav(folder / f"{name}.bed.wav", bed)
    (folder / f"{name}.rttm").write_text(write_rttm(turns, name))
    file = folder / f"{name}{recipe.suffix}"
    with tempfile.TemporaryDirectory() as scratch:
        mixed = Path(scratch) / "sound.wav"
        sample.write_wav(mixed, bed + speech[:, None])
        _film(mixed, file, len(speech) / sample.RATE_HZ, recipe.encoding)
    if recipe.subtitled:
        (folder / f"{name}.srt").write_text(_srt(recipe.script, turns), encoding="utf-8")
        known = {"subtitles": f"{name}.srt"}
    else:
        known = {"transcript": " ".join(said.text for said in recipe.script)}
    return {
        "file": file.name,
        "language": recipe.language,
        "targets": recipe.targets,
        "speakers": recipe.speakers,
        **known,
        "rttm": f"{name}.rttm",
        "bed": f"{name}.bed.wav",
        "references": recipe.references,
    }


def _srt(script: tuple[Said, ...], turns: list[Turn]) -> str:
    """A cue for each turn."""
    return "".join(
        f"{number}\n{_clock(turn.start_ms)} --> {_clock(turn.end_ms)}\n{said.text}\n\n"
        for number, (said, turn) in enumerate(zip(script, turns, strict=True), 1)
    )


def _clock(time_ms: float) -> str:
    seconds, ms = divmod(round(time_ms), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{ms:03}"


def dialogue(script: tuple[Said, ...]) -> tuple[Sound, list[Turn]]:
    """The voices alone, mono at 48 kHz, and exactly when each speaks."""
    placed: list[tuple[int, Sound]] = []
    turns = []
    end = round(LEAD_S * sample.RATE_HZ)
    for said in script:
        line = speak(said.voice, said.text)
        start = end + (round(said.pause_s * sample.RATE_HZ) if placed else 0)
        end = start + len(line)
        placed.append((start, line))
        turns.append(Turn(said.voice, start * 1000 / sample.RATE_HZ, end * 1000 / sample.RATE_HZ))
    speech = np.zeros(end + round(TAIL_S * sample.RATE_HZ))
    for start, line in placed:
        speech[start : start + len(line)] += line
    return speech, turns


def speak(voice: str, text: str) -> Sound:
    """One turn without silence around it, at 48 kHz and an even level. Voices: engine:name."""
    with tempfile.TemporaryDirectory() as name:
        engine, _, variant = voice.partition(":")
        if engine == "flite":
            line = sample.speak(variant, text, Path(name))
        else:
            line = _by_espeak(variant, text, Path(name))
    loud = np.flatnonzero(np.abs(line) > np.abs(line).max() * 10 ** (-_SPOKEN_BELOW_PEAK_DB / 20))
    line = line[loud[0] : loud[-1] + 1]
    voiced: Sound = line * SPEECH_RMS / line[np.abs(line) > 0.01].std()
    return voiced


def _by_espeak(variant: str, text: str, folder: Path) -> Sound:
    spoken = folder / "line.wav"
    subprocess.run(["espeak-ng", "-v", variant, "-w", str(spoken), text], check=True)
    command = ["ffmpeg", "-v", "error", "-i", str(spoken), "-ac", "1", "-ar", str(sample.RATE_HZ)]
    pcm = subprocess.check_output([*command, "-f", "f64le", "-"])
    return np.frombuffer(pcm, np.float64)


def _bed(recipe: Recipe, speech: Sound) -> Sound:
    if recipe.bed == "none":
        return np.zeros((len(speech), 2))
    bed = sample.music(len(speech)) if recipe.bed == "music" else pink_noise(len(speech))
    level = speech[np.abs(speech) > 1e-3].std() * 10 ** (-recipe.bed_below_speech_db / 20)
    quiet: Sound = bed * level / bed.std()
    return quiet


def pink_noise(samples: int) -> Sound:
    """Noise whose power falls with 1/f from 20 Hz on, shape (samples, 2), half of it common."""
    spectrum = np.fft.rfft(np.random.default_rng(1).standard_normal((3, samples)))
    pitch_hz = np.fft.rfftfreq(samples, 1 / sample.RATE_HZ)
    common, *sides = np.fft.irfft(spectrum / np.sqrt(np.maximum(pitch_hz, 20.0)), samples)
    return np.stack([common + side for side in sides], axis=1)


def _film(sound: Path, file: Path, seconds: float, encoding: tuple[str, ...]) -> None:
    """A test picture with a clock beside the sound."""
    subprocess.run(
        [
            "ffmpeg", "-v", "error", "-y",
            "-f", "lavfi", "-i", f"testsrc2=size=640x360:rate=25:duration={seconds:.3f}",
            "-i", str(sound),
            "-c:v", "libx264", "-preset", "ultrafast", "-crf", "32", "-pix_fmt", "yuv420p",
            *encoding, str(file),
        ],
        check=True,
    )  # fmt: skip
