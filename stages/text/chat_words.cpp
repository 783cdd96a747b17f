#include "stages/text/chat_words.hpp"

namespace mlopsctl::text {

const std::vector<std::pair<std::string_view, std::string_view>>& chat_words() {
  // clang-format off
  static const std::vector<std::pair<std::string_view, std::string_view>> words = {
      {"2day", "today"}, {"2moro", "tomorrow"}, {"2morrow", "tomorrow"}, {"2nite", "tonight"}, {"4eva", "forever"}, {"4ever", "forever"}, {"4u", "for you"},
      {"afaik", "as far as i know"}, {"afk", "away from keyboard"}, {"aka", "also known as"}, {"asap", "as soon as possible"}, {"atm", "at the moment"},
      {"b4", "before"}, {"b4n", "bye for now"}, {"bbl", "be back later"}, {"bc", "because"}, {"bcoz", "because"}, {"bcuz", "because"}, {"bday", "birthday"},
      {"bf", "boyfriend"}, {"bff", "best friends forever"}, {"bfn", "bye for now"}, {"brb", "be right back"}, {"brt", "be right there"},
      {"btw", "by the way"}, {"cmon", "come on"}, {"congrats", "congratulations"}, {"coz", "because"}, {"cu", "see you"}, {"cuz", "because"},
      {"cya", "see you"}, {"dat", "that"}, {"def", "definitely"}, {"dis", "this"}, {"diy", "do it yourself"}, {"dm", "direct message"}, {"dnt", "do not"},
      {"dont", "do not"}, {"dunno", "do not know"}, {"em", "them"}, {"eta", "estimated time of arrival"}, {"fab", "fabulous"}, {"fam", "family"},
      {"faq", "frequently asked questions"}, {"fav", "favourite"}, {"fave", "favourite"}, {"fb", "facebook"}, {"fml", "hate my life"},
      {"fomo", "fear of missing out"}, {"ftl", "for the loss"}, {"ftw", "for the win"}, {"fwiw", "for what it is worth"}, {"fyi", "for your information"},
      {"g2g", "got to go"}, {"gf", "girlfriend"}, {"gimme", "give me"}, {"gj", "good job"}, {"gl", "good luck"}, {"gm", "good morning"}, {"gn", "good night"},
      {"goat", "greatest of all time"}, {"gonna", "going to"}, {"gotta", "got to"}, {"gr8", "great"}, {"gratz", "congratulations"}, {"gtg", "got to go"},
      {"h8", "hate"}, {"hbd", "happy birthday"}, {"hbu", "how about you"}, {"hmu", "hit me up"}, {"hrs", "hours"}, {"ic", "i see"},
      {"icymi", "in case you missed it"}, {"idc", "i do not care"}, {"idgaf", "i do not care"}, {"idk", "i do not know"}, {"iirc", "if i remember correctly"},
      {"ikr", "i know right"}, {"ily", "i love you"}, {"imho", "in my humble opinion"}, {"imo", "in my opinion"}, {"irl", "in real life"},
      {"jk", "just kidding"}, {"k", "okay"}, {"kinda", "kind of"}, {"kk", "okay"}, {"l8", "late"}, {"l8er", "later"}, {"l8r", "later"}, {"lemme", "let me"},
      {"lmao", "laughing hard"}, {"lmfao", "laughing hard"}, {"lmk", "let me know"}, {"lol", "laughing out loud"}, {"lotta", "lot of"}, {"luv", "love"},
      {"m8", "mate"}, {"mfw", "my face when"}, {"msg", "message"}, {"msgs", "messages"}, {"mthr", "mother"}, {"nbd", "no big deal"}, {"ne", "any"},
      {"nm", "never mind"}, {"nope", "no"}, {"np", "no problem"}, {"nsfw", "not safe for work"}, {"nvm", "never mind"}, {"nvr", "never"},
      {"obv", "obviously"}, {"ofc", "of course"}, {"omfg", "oh my god"}, {"omg", "oh my god"}, {"omw", "on my way"}, {"otw", "on the way"},
      {"outta", "out of"}, {"pic", "picture"}, {"pics", "pictures"}, {"pita", "pain in the neck"}, {"pls", "please"}, {"plz", "please"},
      {"pmsl", "laughing hard"}, {"ppl", "people"}, {"prob", "probably"}, {"probs", "probably"}, {"qt", "cutie"}, {"r", "are"}, {"rlly", "really"},
      {"rofl", "rolling on the floor laughing"}, {"roflmao", "rolling on the floor laughing"}, {"rt", "retweet"}, {"s2g", "swear to god"}, {"sec", "second"},
      {"shoulda", "should have"}, {"sm", "so much"}, {"smh", "shaking my head"}, {"sorta", "sort of"}, {"srsly", "seriously"}, {"sry", "sorry"},
      {"sux", "sucks"}, {"tbf", "to be fair"}, {"tbh", "to be honest"}, {"tfw", "that feeling when"}, {"tgif", "thank god it is friday"}, {"thanx", "thanks"},
      {"thnx", "thanks"}, {"thru", "through"}, {"thx", "thanks"}, {"til", "until"}, {"tldr", "too long did not read"}, {"tmi", "too much information"},
      {"tmr", "tomorrow"}, {"tmrw", "tomorrow"}, {"ttfn", "goodbye for now"}, {"ttyl", "talk to you later"}, {"txt", "text"}, {"ty", "thank you"},
      {"tysm", "thank you so much"}, {"tyvm", "thank you very much"}, {"u", "you"}, {"ur", "your"}, {"urs", "yours"}, {"vid", "video"}, {"vids", "videos"},
      {"w8", "wait"}, {"wanna", "want to"}, {"wassup", "what is up"}, {"wat", "what"}, {"wbu", "what about you"}, {"wdym", "what do you mean"},
      {"whatcha", "what are you"}, {"wknd", "weekend"}, {"woulda", "would have"}, {"wrk", "work"}, {"wtf", "what the hell"}, {"wtg", "way to go"},
      {"wth", "what the hell"}, {"wyd", "what are you doing"}, {"xoxo", "hugs and kisses"}, {"ya", "you"}, {"yall", "you all"},
      {"yolo", "you only live once"}, {"yr", "year"}, {"yrs", "years"}, {"yup", "yes"}, {"yw", "you are welcome"}, {"zzz", "sleeping"},
  };
  // clang-format on
  return words;
}

}  // namespace mlopsctl::text
