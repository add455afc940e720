"""The tags by which Google Speech-to-Text calls languages."""

from __future__ import annotations

from functools import cache

import langcodes

from polydub import languages

_TAGS = """
af-ZA am-ET ar-AE ar-BH ar-DZ ar-EG ar-IL ar-IQ ar-JO ar-KW ar-LB ar-MA ar-MR ar-OM ar-PS ar-QA
ar-SA ar-SY ar-TN ar-YE az-AZ bg-BG bn-BD bn-IN bs-BA ca-ES cmn-Hans-CN cmn-Hant-TW cs-CZ da-DK
de-AT de-CH de-DE el-GR en-AU en-CA en-GB en-GH en-HK en-IE en-IN en-KE en-NG en-NZ en-PH en-PK
en-SG en-TZ en-US en-ZA es-AR es-BO es-CL es-CO es-CR es-DO es-EC es-ES es-GT es-HN es-MX es-NI
es-PA es-PE es-PR es-PY es-SV es-US es-UY es-VE et-EE eu-ES fa-IR fi-FI fil-PH fr-BE fr-CA fr-CH
fr-FR gl-ES gu-IN hi-IN hr-HR hu-HU hy-AM id-ID is-IS it-CH it-IT iw-IL ja-JP jv-ID ka-GE kk-KZ
km-KH kn-IN ko-KR lo-LA lt-LT lv-LV mk-MK ml-IN mn-MN mr-IN ms-MY my-MM ne-NP nl-BE nl-NL no-NO
pa-Guru-IN pl-PL pt-BR pt-PT ro-RO ru-RU si-LK sk-SK sl-SI sq-AL sr-RS su-ID sv-SE sw-KE sw-TZ
ta-IN ta-LK ta-MY ta-SG te-IN th-TH tr-TR uk-UA ur-IN ur-PK uz-UZ vi-VN yue-Hant-HK zu-ZA
"""
"""As public copies of cloud.google.com/speech-to-text/docs/speech-to-text-supported-languages have
them, from the time of version 1; not compared with the table of version 2, which tells them by
model and location. Google refuses what a model does not hear."""

_ALSO = {"cmn": "zh", "no": "nb"}
"""Tags for the same speech that canonical spelling does not bring together."""


@cache
def heard() -> frozenset[str]:
    """The languages, as base tags."""
    bases = {languages.base(languages.normalize(tag)) for tag in _TAGS.split()}
    return frozenset(bases | {same for tag, same in _ALSO.items() if tag in bases})


@cache
def google_tag(tag: str) -> str:
    """Google's tag for a language that is heard: of its region, else of where most speak it so.

    ``es-MX`` -> ``es-MX``, ``es`` -> ``es-ES``, ``en-BZ`` -> ``en-US``, ``zh-TW`` ->
    ``cmn-Hant-TW``, ``nb`` -> ``no-NO``, ``he`` -> ``iw-IL``.
    """
    wanted = _likely(tag)
    usual = _likely(languages.base(tag))
    return max(
        (each for each in _TAGS.split() if _base(each) == _base(tag)),
        key=lambda each: (
            _likely(each).script == wanted.script,
            _likely(each).territory == wanted.territory,
            _likely(each).territory == usual.territory,
        ),
    )


def our_tag(google: str) -> str:
    """The base tag for one of Google's: ``cmn-Hans-CN`` -> ``zh``."""
    return _base(google)


def _likely(tag: str) -> langcodes.Language:
    """With the script and territory that are likely for it (CLDR, likely subtags)."""
    return langcodes.get(languages.normalize(tag)).maximize()


def _base(tag: str) -> str:
    base = languages.base(languages.normalize(tag))
    return _ALSO.get(base, base)
