"""Units of measurement: what ``km/h`` or ``square feet`` measure, and how large they are, exactly.

Only units of one unmistakable size are known: a ton, a cup or an ounce of no said kind is a name like
``apples``, which decides nothing. Years count twelve months and no days.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

Dimension = tuple[tuple[str, int], ...]

# Size in the first unit of its kind: names. Litres and gallons are cubic metres, so that 1 ml is 1 cm^3.
_SIZES = {
    "length": {
        "1": "m metre meter",
        "1/100": "cm centimetre centimeter",
        "1/1000": "mm millimetre millimeter",
        "1000": "km kilometre kilometer",
        "127/5000": "inch inche in",
        "381/1250": "ft foot feet",
        "1143/1250": "yd yard",
        "201168/125": "mi mile",
    },
    "time": {
        "1/1000": "ms millisecond",
        "1": "s sec second",
        "60": "min minute",
        "3600": "h hr hour",
        "86400": "day",
        "604800": "week",
    },
    "months": {"1": "month", "12": "year yr"},
    "mass": {
        "1": "g gram",
        "1000": "kg kilogram",
        "1/1000": "mg milligram",
        "45359237/100000": "lb lbs pound",
    },
    "money": {"1": "dollar usd", "1/100": "cent"},
    "euros": {"1": "euro eur"},
    "sterling": {"1": "gbp"},
    "volume": {
        "1/1000": "l liter litre",
        "1/1000000": "ml milliliter millilitre",
        "473176473/500000000000": "quart",
        "473176473/125000000000": "gallon gal",
        "473176473/1000000000000": "pint",
    },
}


def _by_name() -> dict[str, tuple[Dimension, Fraction]]:
    """Every name of a unit with what it measures and its size in base units; volumes are cubes of lengths."""
    named: dict[str, tuple[Dimension, Fraction]] = {}
    for kind, sizes in _SIZES.items():
        dimension = (("length", 3),) if kind == "volume" else ((kind, 1),)
        for size, names in sizes.items():
            named |= dict.fromkeys(names.split(), (dimension, Fraction(size)))
    return named


_UNITS = _by_name()
for _name in ("celsius", "degrees celsius", "degree celsius", "degrees c", "degree c"):
    _UNITS[_name] = ((("celsius", 1),), Fraction(1))
    _UNITS[_name.replace("celsius", "fahrenheit").replace(" c", " f")] = ((("fahrenheit", 1),), Fraction(1))
for _name in ("rad", "radian"):
    _UNITS[_name] = ((("radian", 1),), Fraction(1))
_SCALES: dict[str, int | Fraction] = {
    "dozen": 12,
    "hundred": 100,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "fourth": Fraction(1, 4),
    "fifth": Fraction(1, 5),
    "sixth": Fraction(1, 6),
    "seventh": Fraction(1, 7),
    "eighth": Fraction(1, 8),
    "ninth": Fraction(1, 9),
    "tenth": Fraction(1, 10),
    "twelfth": Fraction(1, 12),
    "hundredth": Fraction(1, 100),
    "thousandth": Fraction(1, 1000),
}
_SCALES_ABROAD = {"万": 10**4, "萬": 10**4, "만": 10**4, "亿": 10**8, "億": 10**8, "억": 10**8}
_ABROAD = {
    "m": "米 公尺 メートル 미터 м метр метра метров",
    "km": "千米 公里 キロメートル キロ 킬로미터 км километр километра километров kilomètre",
    "cm": "厘米 公分 センチメートル センチ 센티미터 см сантиметр сантиметра сантиметров",
    "mm": "毫米 ミリメートル мм миллиметр миллиметра миллиметров",
    "kg": "千克 公斤 キログラム 킬로그램 кг килограмм килограмма килограммов",
    "g": "克 グラム 그램 г грамм грамма граммов gramm gramme",
    "h": "小时 小時 時間 시간 ч час часа часов stunde stunden heure hora ora ore",
    "min": "分钟 分鐘 分 분 мин минута минуты минут minuto minuti",
    "s": "秒 초 сек секунда секунды секунд sekunde sekunden seconde segundo secondo",
    "l": "升 リットル 리터 л литр литра литров litro",
    "day": "天 日 일 день дня дней tag tage jour día dia giorno",
    "euro": "欧元",
    "dollar": "美元 ドル 달러 доллар доллара долларов dólar",
    "cent": "美分 цент цента центов",
}
for _name, _others in _ABROAD.items():
    _UNITS |= dict.fromkeys(_others.split(), _UNITS[_name])
_BASES = ("Hz", "Pa", "eV", "mol", "cal", "Wh", "J", "W", "V", "N", "A")
_POWERS = {"": 0, "k": 3, "M": 6, "G": 9, "T": 12, "m": -3, "μ": -6, "n": -9, "c": -2}
_PREFIXES = {prefix: Fraction(10) ** power for prefix, power in _POWERS.items()}
_VAGUE = {
    "cup", "tablespoon", "teaspoon", "ounce", "oz", "ton", "nickel", "dime", "quarter", "penny", "pennie",
    "quart",
}  # fmt: skip
"""Measures of several sizes, or of none that is told here."""
_SPELLED = [
    (re.compile(r"\bmph\b"), "mile/hour"),
    (re.compile(r"\b(?:kmh|kph|kmph)\b"), "km/hour"),
    (re.compile(r"\s+per\s+|\s+an?\s+"), "/"),
    (re.compile(r"\b(?:square|sq)\.?[\s-]+(\w+)"), r"\1^2"),
    (re.compile(r"\bcubic[\s-]+(\w+)"), r"\1^3"),
    (re.compile(r"(\w+)\s+squared\b"), r"\1^2"),
    (re.compile(r"(\w+)\s+cubed\b"), r"\1^3"),
]
_PART = re.compile(r"([^\W\d_]+)\s*(?:\^\s*([1-9]))?")


@lru_cache(maxsize=8192)
def unit(name: str) -> tuple[Dimension, Fraction] | None:
    """What a unit measures and its size (``cm`` is length, 1/100; ``m/s`` length over time), or None if
    unknown."""
    name = name.lower().strip(" .-")
    if known := _named(name):
        return known
    for pattern, replacement in _SPELLED:
        name = pattern.sub(replacement, name)
    dimension: dict[str, int] = {}
    size = Fraction(1)
    for position, side in enumerate(name.split("/")):
        sign = -1 if position else 1
        for part in re.split(r"[\s*-]+(?!\^|\d)", side.strip()):
            match = _PART.fullmatch(part)
            known = _named(match[1]) if match else None
            if match is None or known is None:
                return None
            power = sign * int(match[2] or 1)
            for kind, degree in known[0]:
                dimension[kind] = dimension.get(kind, 0) + power * degree
            size *= known[1] ** power
    return tuple(sorted((kind, degree) for kind, degree in dimension.items() if degree)), size


@lru_cache(maxsize=8192)
def prefixed(first: str, second: str) -> Fraction | None:
    """How many of the second symbol one of the first is, ``kJ`` and ``J``: 1000; None for different bases."""
    for base in _BASES:
        if first.endswith(base) and second.endswith(base):
            sizes = [_PREFIXES.get(name.removesuffix(base)) for name in (first, second)]
            return sizes[0] / sizes[1] if sizes[0] and sizes[1] else None
    return None


def scaled(name: str) -> tuple[int | Fraction, str]:
    """``million dollars`` is a million times dollars, ``apples`` once apples."""
    if name[:1] in _SCALES_ABROAD:
        return _SCALES_ABROAD[name[0]], name[1:].strip()
    first, _, rest = name.partition(" ")
    scale = _SCALES.get(first.lower().removesuffix("s"))
    return (scale, rest.removeprefix("of ")) if scale else (1, name)


@lru_cache(maxsize=8192)
def unlike(first: str, second: str) -> bool:
    """Whether one name is a unit and the other something else: kilometres and apples, not L and litres."""
    if (unit(first) is None) == (unit(second) is None):
        names = {name.lower().removesuffix("s") for name in (first, second)}
        symbols = max(len(first), len(second)) <= 3 and first != second
        return unit(first) is None and (symbols or (len(names) == 2 and names <= _VAGUE))
    measure, thing = (first, second) if unit(first) else (second, first)
    words = re.findall(r"[a-z]{2,}", thing.lower())
    return not any(unit(word) == unit(measure) or word in measure.lower() for word in words)


def _named(name: str) -> tuple[Dimension, Fraction] | None:
    return _UNITS.get(name) or (_UNITS.get(name.removesuffix("s")) if len(name) > 2 else None)


@lru_cache(maxsize=8192)
def explains(factor: Fraction, name: str) -> bool:
    """Whether a number in a unit can equal another, ``factor`` times smaller, in an unsaid unit of its
    kind."""
    known = unit(name)
    if known is None or factor in (0, 1):
        return False
    sizes = [size for dimension, size in _UNITS.values() if dimension == known[0]]
    return known[1] * factor in sizes
