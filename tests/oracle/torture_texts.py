"""Texts that are hard to split into words."""

EMPTY = ["", " ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u2003\u2009", "\u200b", "\ufeff", "\u0000", "\u0085", "\u2028\u2029",
         ".", "!?", "---", "...", "_", "__", "'", "''", "\\", "\U0001f600", "\u0301", "\u200d"]

ASCII = [
    "a", "A", "I", "ab", "AB", "a b", "a b c", "ab c de", "I am", "x y zz", "Hello, World!", "hello world", "HELLO WORLD", "hElLo WoRlD",
    "one,two,three", "one.two.three", "one;two:three", "one/two\\three", "one|two", "one+two=three", "a+b", "C++ and C#", "R&D", "AT&T",
    "e.g. this", "i.e. that", "U.S.A.", "Ph.D.", "Mr. Smith", "etc.", "www.example.com", "http://t.co/yI4wGUk5tr", "user@example.org",
    "@united #fail", "#JetBlue", "@_x_", "RT @a: b", "$100", "100%", "50-50", "<br /><br />Good", "<b>bold</b>", "&amp; &lt;", "[citation]",
    "{x}", "(y)", "f(x)", "\"quoted\"", "'single'", "`tick`", "~tilde~", "^caret^", "a*b", "**bold**", "wow!!!", "what???", "so...good",
    "yes -- no", "!leading", "trailing!", "  spaced   out  ", "tab\tseparated\twords", "line\nbreak", "line\r\nbreak", "form\ffeed\vtab",
    "the the the", "a an the", "aa aa ab aa", "x1 y2 z3", "very very long " + "w" * 300, "ab " * 40, "b" * 70 + " c " + "d" * 70,
]

UNDERSCORES = ["_a", "a_", "a_b", "_a_", "__init__", "snake_case_word", "_ _", "__ __", "_-_", "a__b", "_1", "1_", "1_000_000", "x_-_y", "é_é",
               "_é", "\u203fa", "a\u203fb", "a\u2040b", "a\uff3fb", "a\ufe33b"]

DIGITS = [
    "0", "1", "12", "1 2", "1,234.56", "3.14159", "1e10", "-5", "+44 20 7946", "10:55", "2014-02-24", "1st 2nd 3rd", "4ever", "b4", "h8r", "007",
    "0x1F", "9/10", "10/10!!", "5stars", "½", "½ cup", "1½", "¼¾", "x²", "m²", "mc²", "²", "²³", "a²b³", "H₂O", "₂₃", "CO₂", "⁵⁶", "①②", "①", "❶❷",
    "Ⅷ", "ⅧⅨ", "Ⅷ ⅷ", "XIV ⅩⅣ", "٣", "٣٤", "٠١٢٣٤٥٦٧٨٩", "٣٫١٤", "१२३", "৪৫৬", "๑๒๓", "１２３", "ＡＢＣ", "ａｂｃ", "Ａ", "𝟘𝟙", "𝟏", "𝐀𝐁", "𝓗𝓮𝓵𝓵𝓸", "一二三",
    "〇", "〇〇", "㊀㊁", "㈠㈡", "⒈⒉", "🄰🄱", "🄌🄍", "𐄇𐄈", "፩፪", "৴৵", "௰௱",
]

APOSTROPHES = [
    "don't", "can't won't", "it's", "I'm", "I'll", "you're", "y'all", "rock'n'roll", "'tis", "dogs'", "O'Neill", "d'Artagnan", "l'homme", "qu'il",
    "don\u2019t", "I\u2019m", "O\u2019Neill", "l\u2019été", "don\u02bct", "Hawai\u02bbi", "don\u2018t", "don\uff07t", "don`t", "don\u00b4t", "don\u2032t",
    "s's", "'s", "a'b", "aa'bb", "\u2018quoted\u2019", "\u201cdouble\u201d", "\u00abguillemets\u00bb", "\u201alow\u2018",
]

HYPHENS = [
    "well-known", "x-ray", "e-mail", "mother-in-law", "-dash", "dash-", "a-b", "aa--bb", "twenty\u2010one", "non\u2011breaking", "en\u2013dash",
    "em\u2014dash", "em \u2014 dash", "minus\u2212sign", "soft\u00adhyphen", "\u00adsoft", "so\u00adft hy\u00adphen", "bar\u2015bar", "wave\u301cdash",
    "kata\u30a0kana", "figure\u2012dash", "ellipsis\u2026here", "bullet\u2022point", "middle\u00b7dot", "col\u00b7lecció", "l\u00b7l", "\u0387ab",
]

ACCENTS = [
    "café", "CAFÉ", "cafe\u0301", "CAFE\u0301", "naïve", "nai\u0308ve", "é", "e\u0301", "éa", "e\u0301a", "É", "ÉÉ", "résumé RÉSUMÉ", "re\u0301sume\u0301",
    "über ÜBER", "u\u0308ber", "señor SEÑOR", "sen\u0303or", "Ångström", "A\u030angstro\u0308m", "\u212bngstr\u00f6m", "smörgåsbord", "Čeština ČEŠTINA",
    "žluťoučký kůň", "Łódź ŁÓDŹ", "ŻÓŁĆ", "çaĞrı", "Việt Nam", "Vie\u0323\u0302t", "Tiếng Việt", "Ærøskøbing ÆRØ", "Þórr ÞÓRR", "Ðð", "œuvre ŒUVRE",
    "\ufb01nd \ufb02ow", "o\ufb03ce", "\ufb00", "\u0149ab", "ĳsland ĲSLAND", "Ǆ ǅ ǆ", "ǅabc", "\u1e9e", "ẞẞ", "STRAẞE", "Straße STRASSE", "ß", "ßß", "Maß",
    "groß GROSS", "weiß nicht", "a\u0300\u0301\u0302b", "z\u0351\u036b\u0343a\u0321\u031elgo", "\u0301ab", "ab\u0301", "a\u0301", "o\u0308o\u0308",
    "x\u20d7y", "1\u0301 2", "Q\u0307q", "ab\u034fcd",
]

TURKISH = ["İstanbul", "İSTANBUL", "ISTANBUL", "ıstanbul", "İ", "İİ", "Iı", "Iİ", "DİYARBAKIR", "diyarbakır", "KIZILIRMAK", "İĞNE iğne", "Aİ", "AİB",
           "i\u0307", "i\u0307b", "bi\u0307r", "BİR", "Əli əli", "Æİx"]

GREEK = ["ΟΔΥΣΣΕΥΣ", "Σίσυφος", "ΣΊΣΥΦΟΣ", "Σ", "ΣΑ", "ΑΣ", "ΑΣ ΒΣ", "ΑΣ.ΒΣ", "ΑΣ'Β", "ΑΣ’ΒΣ", "ΑΣ-ΒΣ", "ΑΣ_ΒΣ", "ΑΣ\u0301", "ΑΣ\u00adΒ", "ΑΣ\u200dΒ", "ΑΣ:Β",
         "Α.Σ.Β", "ὈΔΥΣΣΕΎΣ", "ᾼ ᾳ", "ᾈΔΗΣ ᾀδης", "ΐ ΰ", "μέγα ΜΈΓΑ", "\u00b5m \u03bcm", "Ωμέγα Ω\u2126", "\u2126m", "ϐϑϕϖϰϱϵ", "ϴ", "ϹϺ", "άνθρωπος ΆΝΘΡΩΠΟΣ",
         "α\u0301νθρωπος", "\u037a\u0384", "τι; τί;", "τι\u037e", "ΌΣΟΣ\u0342", "ΣΣΣ ΣΣ Σ"]

CYRILLIC = ["Привет, мир!", "ПРИВЕТ МИР", "я", "я и ты", "ёлка ЁЛКА", "е\u0308лка", "й и\u0306", "Їжак ЇЖАК", "об’єкт", "об'єкт", "Ґанок", "Ѣдо ѣдо", "Ꙁꙁ", "ꙗꙗ",
            "ԀԁԂ", "кто-нибудь", "и т.д.", "Српски језик", "ЉУБАВ ЊЕГА", "Ӏийман", "Ақтөбе", "а\u0301зия", "҂а҃і", "Абв2", "СССР-1", "Ⰰⰱⰲ", "ᲀᲁ"]

CASED_OTHERS = ["ԲԱՐԵՎ բարև", "և ՙա", "ᲐᲑᲒ აბგ", "ႠႡ ⴀⴁ", "ᏣᎳᎩ ꮳꮃꭹ", "𐐀𐐁 𐐨𐐩", "𞤀𞤁 𞤢𞤣", "Ⓐⓑ ⓐⓑ", "Ⓐ", "ⓐⓑⓒ", "ǅ Ǉ ǈ", "Ɐꞁ", "Kelvin \u212a\u212aelvin", "\u212a", "ſt ſſ",
                "Ʉ Ʉa", "ɐɑ", "ʰʲʷ", "ªº", "1ª 2º", "Ω mega", "ℵℶ", "ℂℝ", "ℓℓ", "™ ®", "№5", "ﬀﬁ", "𖹀𖹁", "𐲀𐲁", "𑢠𑢡"]

CJK = ["你好", "你", "你好，世界！", "我爱看电影。很好看", "中文 English 混合", "iPhone手机", "手机5G", "東京タワー", "カタカナ", "ｶﾀｶﾅ", "ﾊﾞ", "は\u3099", "ば", "コーヒー", "ー", "ーー", "ゝゞ",
       "々", "人々", "ひらがな カタカナ 漢字", "「引用」", "１２月", "12月", "안녕하세요", "안녕", "각", "\u1100\u1161\u11a8", "한국어 영화", "ㅋㅋㅋ", "ㅠㅠ", "𠀀", "𠀀𠀁", "㍿", "㌔㍍",
       "〆切", "〇一", "ㄅㄆㄇ", "ꀀꀁ", "中\ufe00文", "葛\U000e0100飾", "\u303b\u3005", "Ａ級", "ＡＢ級"]

ARABIC_HEBREW = ["مرحبا", "مرحبا بالعالم", "مَرْحَبًا", "و", "الـعـربية", "ـــ", "ال\u200cعربية", "می\u200cخواهم", "می\u200dخواهم", "؟هل", "كتاب،قلم", "٢٠٢٤م", "ﷺ", "ﷲ", "ﻻ", "ﻻﻼ",
                 "شَدَّة", "ا\u0670ب", "اردو ہے", "۱۲۳", "שלום", "שָׁלוֹם", "ש", "צה״ל", "ג׳ירפה", "עברית English", "\u200fשלום\u200e", "\u202bאבג\u202c", "ܫܠܡܐ", "ދިވެހި", "ߒߞߏ"]

INDIC = ["हिन्दी", "नमस्ते दुनिया", "क", "कि", "का", "कक", "क्षत्रिय", "श्री", "में", "मैं हूँ", "फ़िल्म", "ॐ", "अच्छी फिल्म।", "हिंदी२४", "বাংলা", "আমি", "தமிழ்", "தமிழ் படம்",
         "తెలుగు", "ಕನ್ನಡ", "മലയാളം", "ਪੰਜਾਬੀ", "ગુજરાતી", "ଓଡ଼ିଆ", "සිංහල", "नि\u200dत", "क\u094d\u200dष", "क\u094d\u200cष"]

OTHER_SCRIPTS = ["สวัสดี", "ภาษาไทย", "กำ", "ไทย ๑๒", "ພາສາລາວ", "မြန်မာ", "ភាសាខ្មែរ", "བོད་ཡིག", "አማርኛ", "ሀ", "ᠮᠣᠩᠭᠣᠯ", "ᚠᚢᚦ", "ᓄᓇᕗᑦ", "ⵜⵉⴼⵉⵏⴰⵖ", "𒀀𒀁", "𓀀𓀁", "𐎀𐎁", "ꦗꦮ",
                 "ᜀᜁ", "ⲁⲃ Ⲁⲃ", "𐌰𐌱"]

EMOJI = [
    "great \U0001f600 movie", "\U0001f600\U0001f600", "love\u2764\ufe0f", "\u2764", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "a\U0001f600b", "aa\U0001f600bb",
    "\U0001f44d\U0001f3fd good", "\U0001f1e9\U0001f1ea flag", "1\ufe0f\u20e3 one", "12\ufe0f\u20e3", "\U0001f3f3\ufe0f\u200d\U0001f308", "ok\U0001f44c", ":) :-( ;D",
    ":D :P XD", "<3", "</3", "(╯°□°）╯︵ ┻━┻", "¯\\_(ツ)_/¯", "\u2708\ufe0fUnited", "\u00a9 2015", "\u2122ab", "\u20ac50 \u00a320", "a\u2192b", "x\u00d7y", "x\u00f7y", "5\u00b0C",
    "20\u00b0", "\u221e\u2260", "\u2713done", "\u266a la la \u266b", "\U0001f170\U0001f171", "\U0001d49c\U0001d4b7",
]

INVISIBLE = [
    "zero\u200bwidth", "zero\u200cwidth", "zero\u200dwidth", "word\u2060joiner", "\ufeffbom first", "bom\ufefflast", "no\u00a0break", "nar\u202frow", "thin\u2009space",
    "ideo\u3000graphic", "line\u2028sep", "para\u2029sep", "next\u0085line", "nul\u0000byte", "a\u0000b", "bell\u0007rings", "back\u0008space", "esc\u001b[0m",
    "del\u007fete", "c1\u0096control", "c1\u009fctl", "unit\u001fsep", "lrm\u200etext", "rlm\u200ftext", "rlo\u202etxet", "pdf\u202cend", "isolate\u2066x\u2069", "\u180emongol",
    "tag\U000e0041\U000e0042", "hangul\u3164filler", "\u3164\u3164", "half\uffa0filler", "\u115f\u1160", "object\ufffcrepl", "repl\ufffdchar", "private\ue000use",
    "\ue000\ue001", "plane\U0010ffffend", "non\uffffchar", "vs\ufe0f16", "inv\u2063sep", "fn\u2061app", "cgj\u034fx", "kh\u17b4v", "un\u0378assigned", "braille\u2800blank",
    "braille\u2801\u2803", "ogham\u1680space",
]

MIXED = [
    "Ünïcödé_tëst 123_456", "naïve café—déjà vu", "русский english 中文 العربية", "A1 B2 C3", "é1 1é", "α1 β_2", "co-opération", "3D-Film", "«Привет»", "100€ 200₽",
    "El Niño's", "São Paulo/São Tomé", "Δx = 5 µm", "πr²", "E=mc²", "naïve\u0301", "I ♥ NY", "x_y-z w", "İİ_ıı", "ΑΣ1 ΑΣ_", "The İmportance of Straßen: ΟΔΟΣ\u2019s end",
]

TEXTS = (EMPTY + ASCII + UNDERSCORES + DIGITS + APOSTROPHES + HYPHENS + ACCENTS + TURKISH + GREEK + CYRILLIC + CASED_OTHERS + CJK
         + ARABIC_HEBREW + INDIC + OTHER_SCRIPTS + EMOJI + INVISIBLE + MIXED)
