// The rows of the table of commands (commands.cpp) that have to do with gates and what they decided, and what they run (cmd_gate_plan.cpp, cmd_decision*.cpp).
#pragma once

#include "cli/answer.hpp"
#include "cli/command.hpp"
#include "cli/session.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::cli {

Result<Answer> cmd_gate_plan(Session& session);
Result<Answer> cmd_decision_keygen(Session& session);
Result<Answer> cmd_decision_show(Session& session);
Result<Answer> cmd_decision_verify(Session& session);
Result<Answer> cmd_decision_replay(Session& session);

inline constexpr Flag trust_flag = {"--trust", 0, Takes::text, "KEY", "trust this public key instead of those configured", "", false, true};

inline constexpr Command gate_commands[] = {
    {.name = "gate plan",
     .group = Group::models,
     .summary = "say how many labelled rows tell two models apart",
     .details = "A gate that cannot tell says inconclusive. This says beforehand how many rows let it tell, and what the rows at hand can show.",
     .examples = {{"mlopsctl gate plan --gain 0.01", "for better_than: champion"},
                  {"mlopsctl gate plan --margin 0.01 --discordant 0.12", "for no_worse_than: champion with that margin"}},
     .flags = {{"--gain", 0, Takes::text, "SHARE", "the gain in accuracy to be shown"},
               {"--margin", 0, Takes::text, "SHARE", "the loss in accuracy to be ruled out"},
               {"--discordant", 0, Takes::text, "SHARE", "share of rows that just one of the two models gets right", "0.1"},
               {"--alpha", 0, Takes::text, "SHARE", "chance of a claim that is not so", "0.05"},
               {"--power", 0, Takes::text, "SHARE", "chance to tell", "0.8"},
               {"--repeated", 0, Takes::nothing, "", "for a gate with repeated: true, which is asked again whenever rows come"}},
     .run = cmd_gate_plan},
    {.name = "decision show",
     .group = Group::models,
     .summary = "list what gates decided, or show one decision",
     .examples = {{"mlopsctl decision show"}, {"mlopsctl decision show judge", "what that stage decided last"}},
     .positionals = {{"RECORD", Takes::text, "a record's file, its name, or the stage that decided; none: all", 0, 1}},
     .run = cmd_decision_show},
    {.name = "decision verify",
     .group = Group::models,
     .uses = uses_pipeline,
     .summary = "check that a decision is as a trusted key signed it",
     .details = "A record is canonical JSON (RFC 8785) with an ed25519 signature. Trusted are the keys of --trust, else those of decisions.trust in the "
                "pipeline file, else the key that this project signs with.",
     .examples = {{"mlopsctl decision verify judge"},
                  {"mlopsctl decision verify judge.json --trust ed25519:1a2b...", "from elsewhere"},
                  {"mlopsctl decision verify judge --model sha256:1a2b...", "is it about that very model, and did it pass?"}},
     .positionals = {{"RECORD", Takes::text, "a record's file, its name, or the stage that decided", 1, 1}},
     .flags = {{"--model", 'm', Takes::alias, "PATH|ALIAS|DIGEST", "the model it must be about, and have let pass"}, trust_flag},
     .exit_codes = {{0, "it is"}, {1, "it is not, and why"}},
     .run = cmd_decision_verify},
    {.name = "decision replay",
     .group = Group::models,
     .summary = "decide again from the stored inputs, and compare",
     .details = "Scores the stored rows with the stored models, by the gate and the seed of the record: nothing is asked of the network.",
     .examples = {{"mlopsctl decision replay judge"}},
     .positionals = {{"RECORD", Takes::text, "a record's file, its name, or the stage that decided", 1, 1}},
     .exit_codes = {{0, "the same verdict"}, {1, "another, and where it differs"}},
     .run = cmd_decision_replay},
    {.name = "decision keygen",
     .group = Group::models,
     .summary = "make a key to sign decisions with",
     .details = "Not needed to begin with: a project makes its own at its first decision. For one that only CI has, put the file's text into the variable "
                "MLOPSCTL_SIGNING_KEY there (or file:PATH), and the public key into decisions.trust of the pipeline file.",
     .examples = {{"mlopsctl decision keygen --output signing.key"}},
     .flags = {{"--output", 'o', Takes::file, "FILE", "where to write the secret key; readable by you only", "", true}},
     .run = cmd_decision_keygen},
};

}  // namespace mlopsctl::cli
