"""stemmer.json: Snowball English (Porter 2) stems of words with every kind of ending."""

from importlib.metadata import version

import numpy as np
import snowballstemmer

from common import arguments, save

OWN = """
a i an as is us be at by go ye by's it's dog's dogs' dogs's o'neil y yy say sayer toy toys youth boyish yes yell enjoy enjoyed play playing played plays
cry cries cried crying dry dries tie ties tied die dies dying lie lying tying ski skis skies sky idly gently ugly early only singly news howe atlas cosmos
bias andes inning innings outing canning herring earring proceed exceed succeed proceeding exceeded succeeds generate generates general generic
generically generous generously communism community communicate commune arsenal arsenic gas this kiwis gaps gas's abyss caress caresses ponies cats feed agreed
agree plastered bled motoring sing hopping hoping hopped hoped tanned falling falls hissing fizzed failing filing filed luxuriate luxuriating troubled
trouble sized sizes hop hope bed shed shred bead embed beds embeds conflated conflate happy happily happiness sky cry by say relational conditional rational
valency hesitancy digitizer conformably radically differently vilely analogously vietnamization predication operator feudalism decisiveness hopefulness
callousness formality sensitivity sensibility biology geology apologies apology triplicate formative formalize electricity electrical hopeful goodness revival
allowance inference airliner gyroscopic adjustable defensible irritant replacement adjustment dependent adoption communion activate angularity homologous
effective bowdlerize probate rate cease controlling roll controlled fluently fluent beautifully beautiful terribly terrible horrible horribly amazing amazed
amazingly acting acted actor actress actors movies movie film films filmed filming filmmaker filmmakers cinematography cinematic watching watched watchable unwatchable
boring bored boredom bores hilarious hilariously comedy comedies tragedy tragedies disappoint disappointed disappointing disappointment best better worse worst flight
flights flying flew flown cancelled canceled cancelling cancellation delays delayed delaying luggage baggage customer customers service services agents
agency agencies hours hourly minutes waiting waited waits airline airlines pilot pilots united americans american thank thanks thanked thankful thankfully
knives wolves leaves lives wives children geese feet mice matrices indices analysis analyses criterion criteria running runner ran swimming swimmer
begging beginner beginning quizzes quizzed quiz buzz buzzing fuzzy waxy boxes foxes taxes mixer mixed mixing vexing knack knackered knock knocks lay laid
lied nationalization nationalist nationalism rationalize rationalization ally allied allies allying university universities universal universe experience experiment
organization organisation organizing organise organiser colour colourful theatre theatrical naive cafe resume fiance
skiing taxiing shoeing dyeing singeing tingeing freeing seeing being geeing egg ebb add inn err buff scoff hiss puff aah off odd all ill
abandonment consign consigned consigning consistency consistently consolation consolatory consolidate consolidating consort consorted conspiracies conspirator
knightly knots knotty knowledgeable oed ing ed ings eed eedly ingly edly ly li xli able ible ational tional ousli fulli lessli ness ment ement ion sion tion
""".split()
WANTED = 500

data = arguments().data
lexicon = []
for name in ("negative", "positive"):
    lines = (data / f"wordlists/opinion_{name}-words.txt").read_text(encoding="latin-1").split("\n")
    lexicon += [line for line in lines if line.isascii() and line.isalpha() and line.islower() and not line.startswith(";")]
own = list(dict.fromkeys(OWN))
others = [word for word in dict.fromkeys(lexicon) if word not in own]
chosen = np.random.RandomState(0).choice(len(others), size=max(0, WANTED - len(own)), replace=False)
words = own + [others[i] for i in sorted(chosen)]

stemmer = snowballstemmer.stemmer("english")
assert type(stemmer).__module__.startswith("snowballstemmer.") and version("snowballstemmer") == "2.2.0"
save("stemmer", {
    "snowballstemmer": version("snowballstemmer"),
    "algorithm": "english (Porter 2)",
    "count": len(words),
    "stems": [[word, stemmer.stemWord(word)] for word in words],
})
