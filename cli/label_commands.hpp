// The rows of the table of commands (commands.cpp) that have to do with labels, and what they run (cmd_label.cpp).
#pragma once

#include "cli/answer.hpp"
#include "cli/command.hpp"
#include "cli/many_flags.hpp"
#include "cli/session.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::cli {

Result<Answer> cmd_label_sample(Session& session);
Result<Answer> cmd_label_import(Session& session);

inline constexpr Command label_commands[] = {
    {.name = "label sample",
     .group = Group::models,
     .summary = "pick the rows whose labels tell two models apart soonest",
     .details = "Where both models name the same label, that row says nothing about which is better. So most labels go to rows where they differ, each with a "
                "known chance, and the gate weighs them accordingly: an unbiased estimate from a fraction of the labels. The chances are kept in "
                "OUTPUT.sample.json. More rows with the same seed go on where fewer ended. Labels of other samples (--labels), drawn for other rows or "
                "models, are filled in where the texts are the same, so that nobody labels a text twice.",
     .examples = {{"mlopsctl label sample --champion old --challenger new -i a.csv -n 200 -o b.csv"},
                  {"mlopsctl label sample --champion old --challenger new -i a.csv -n 400 -o c.csv", "200 more"}},
     .many_flags = label_sample_flags,
     .exit_codes = {{0, "written"}, {1, "the models never differ on these rows"}},
     .run = cmd_label_sample},
    {.name = "label import",
     .group = Group::models,
     .summary = "add the labels filled in to a file that gates can use",
     .details = "Checks every row first. The file of labels says for each how many rows it stands for: name that column as `weight` of the input, and the "
                "evaluate stage goes by it. Of two other models the same labels tell less, and the stage says so. Importing the same file again changes "
                "nothing.",
     .examples = {{"mlopsctl label import to_label.csv --labels labels.csv"}},
     .positionals = {{"FILE", Takes::file, "what `mlopsctl label sample` wrote, filled in; an empty label means: not yet", 1, 1}},
     .flags = {{"--labels", 0, Takes::file, "FILE", "the file to add to; made if need be", "", true},
               {"--sample", 0, Takes::file, "FILE", "how the rows were drawn (default: FILE.sample.json)"},
               {"--delimiter", 0, Takes::text, "CHARACTER", "between the fields; \\t is a tab (default: a comma)"}},
     .run = cmd_label_import},
};

}  // namespace mlopsctl::cli
