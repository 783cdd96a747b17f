#include "stages/text/stop_words.hpp"

#include <stdexcept>

namespace mlopsctl::text {

namespace {

// clang-format off

// scikit-learn's ENGLISH_STOP_WORDS (sklearn/feature_extraction/_stop_words.py, BSD-3-Clause; from the Glasgow Information Retrieval
// Group), spelled as there.
constexpr std::string_view sklearn_words =
    "a about above across after afterwards again against all almost alone along already also although always am among amongst amoungst amount an and "
    "another any anyhow anyone anything anyway anywhere are around as at back be became because become becomes becoming been before beforehand behind "
    "being below beside besides between beyond bill both bottom but by call can cannot cant co con could couldnt cry de describe detail do done down "
    "due during each eg eight either eleven else elsewhere empty enough etc even ever every everyone everything everywhere except few fifteen fifty "
    "fill find fire first five for former formerly forty found four from front full further get give go had has hasnt have he hence her here hereafter "
    "hereby herein hereupon hers herself him himself his how however hundred i ie if in inc indeed interest into is it its itself keep last latter "
    "latterly least less ltd made many may me meanwhile might mill mine more moreover most mostly move much must my myself name namely neither never "
    "nevertheless next nine no nobody none noone nor not nothing now nowhere of off often on once one only onto or other others otherwise our ours "
    "ourselves out over own part per perhaps please put rather re same see seem seemed seeming seems serious several she should show side since "
    "sincere six sixty so some somehow someone something sometime sometimes somewhere still such system take ten than that the their them themselves "
    "then thence there thereafter thereby therefore therein thereupon these they thick thin third this those though three through throughout thru thus "
    "to together too top toward towards twelve twenty two un under until up upon us very via was we well were what whatever when whence whenever where "
    "whereafter whereas whereby wherein whereupon wherever whether which while whither who whoever whole whom whose why will with within without would "
    "yet you your yours yourself yourselves";

// NLTK's English list (nltk_data, corpora/stopwords; from Porter et al., with its later additions).
constexpr std::string_view nltk_words =
    "a about above after again against ain all am an and any are aren aren't as at be because been before being below between both but by can couldn "
    "couldn't d did didn didn't do does doesn doesn't doing don don't down during each few for from further had hadn hadn't has hasn hasn't have haven "
    "haven't having he her here hers herself him himself his how i if in into is isn isn't it it's its itself just ll m ma me mightn mightn't more "
    "most mustn mustn't my myself needn needn't no nor not now o of off on once only or other our ours ourselves out over own re s same shan shan't "
    "she she's should should've shouldn shouldn't so some such t than that that'll the their theirs them themselves then there these they this those "
    "through to too under until up ve very was wasn wasn't we were weren weren't what when where which while who whom why will with won won't wouldn "
    "wouldn't y you you'd you'll you're you've your yours yourself yourselves";

// clang-format on

}  // namespace

std::string_view stop_word_list(StopWords list) { return list == StopWords::sklearn ? sklearn_words : list == StopWords::nltk ? nltk_words : ""; }

std::vector<std::string_view> split_words(std::string_view list) {
  std::vector<std::string_view> words;
  while (!list.empty()) {
    const size_t space = std::min(list.find(' '), list.size());
    if (space > 0) words.push_back(list.substr(0, space));
    list.remove_prefix(std::min(space + 1, list.size()));
  }
  return words;
}

}  // namespace mlopsctl::text
