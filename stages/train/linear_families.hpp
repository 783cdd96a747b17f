// The linear families: one function each, in the file of its name; rows of trainers.cpp.
#pragma once

#include "stages/ml_api.hpp"

namespace mlopsctl::train {

ml::Trainer linear_svm();   // support vector machine, one class against the rest
ml::Trainer logistic();     // logistic regression, one class against the rest
ml::Trainer naive_bayes();  // multinomial naive Bayes
ml::Trainer nb_svm();       // Wang and Manning 2012

}  // namespace mlopsctl::train
