#include "checker/checker.h"

#include <gtest/gtest.h>

#include <random>

#include "checker/pad_fold.h"
#include "field/test_support.h"

namespace veil {
namespace {

AffineForm random_form(std::mt19937_64& random, std::uint32_t slots) {
  AffineForm form(random_fr(random));
  for (int k = 0; k < 5; ++k) {
    form.add_scaled(AffineForm::slot(static_cast<std::uint32_t>(random() % slots)), random_fr(random));
  }
  return form;
}

TEST(AffineForm, EvaluatesLikeItsOperations) {
  std::mt19937_64 random(1);
  std::vector<Fr> slots;
  for (int i = 0; i < 12; ++i) slots.push_back(random_fr(random));
  for (int trial = 0; trial < 100; ++trial) {
    const AffineForm a = random_form(random, 12);
    const AffineForm b = random_form(random, 12);
    const Fr k = random_fr(random);
    EXPECT_EQ(evaluate_form_at(a + b, slots), evaluate_form_at(a, slots) + evaluate_form_at(b, slots));
    EXPECT_EQ(evaluate_form_at(a - b, slots), evaluate_form_at(a, slots) - evaluate_form_at(b, slots));
    EXPECT_EQ(evaluate_form_at(a * k, slots), evaluate_form_at(a, slots) * k);
    std::uint32_t last = 0;
    for (std::size_t i = 0; i < (a + b).terms().size(); ++i) {
      const std::uint32_t slot = (a + b).terms()[i].slot;
      EXPECT_TRUE(i == 0 || slot > last);
      last = slot;
    }
  }
}

TEST(OpenedMessages, EveryProductHasAnOpenedFactor) {
  OpenedMessages opened;
  const auto one = [](std::uint32_t slot) { return Dependence::one(slot); };
  EXPECT_TRUE(opened.choose_left(Dependence::none(), Dependence::many()));  // nothing to open
  EXPECT_TRUE(opened.slots().empty());
  EXPECT_TRUE(opened.choose_left(one(3), one(1)));
  EXPECT_FALSE(opened.choose_left(one(2), one(3)));  // 3 is opened
  EXPECT_FALSE(opened.choose_left(Dependence::many(), one(5)));
  EXPECT_TRUE(opened.choose_left(one(5), Dependence::many()));
  EXPECT_EQ(opened.slots(), (std::set<std::uint32_t>{3, 5}));
  EXPECT_DEATH(opened.choose_left(Dependence::many(), Dependence::many()), "check failed");
}

// The count from the statement and what a prover or verifier meets must be one: the size of a proof hangs on it.
TEST(OpenedMessages, ValuesDependOnWhatTheyAreMadeOf) {
  const auto same = [](const AffineForm& form, const SlotCount::Value& value, const Dependence& expected) {
    for (const Dependence& on : {form.dependence(), value.on}) {
      EXPECT_EQ(on.is_none(), expected.is_none());
      EXPECT_EQ(on.is_one(), expected.is_one());
      if (expected.is_one()) {
        EXPECT_EQ(on.slot(), expected.slot());
      }
    }
  };
  SlotCount count;
  const SlotCount::Value zero = count.receive("a", 0), first = count.receive("b", 0), constant = count.constant(Fr());
  const AffineForm a = AffineForm::slot(0), b = AffineForm::slot(1), c(Fr::one());
  same(c, constant, Dependence::none());
  same(c + b, constant + first, Dependence::one(1));
  same((a + c) * Fr::from_u64(5), (zero + constant) * Fr::one(), Dependence::one(0));
  same(a * Fr::zero(), zero * Fr::zero(), Dependence::one(0));  // whatever the factor
  same(a - a, zero - zero, Dependence::one(0));
  same(a + b, zero + first, Dependence::many());
  same(a + b - b, zero + first - first, Dependence::many());
}

// Q(1, pi) is the combination of constraints in x = sent - pi; Q(r, sigma + r pi) = Q(0, sigma) + r cross + r^2 Q(1,
// pi).
TEST(PadFold, FoldsLikeItsEquation) {
  std::mt19937_64 random(2);
  constexpr std::uint32_t kSlots = 20;
  std::vector<Fr> x, pads, masks, sent;
  for (std::uint32_t i = 0; i < kSlots; ++i) {
    x.push_back(random_fr(random));
    pads.push_back(random_fr(random));
    masks.push_back(random_fr(random));
    sent.push_back(x[i] + pads[i]);
  }
  std::vector<Constraint> constraints;
  Fr expected;
  Fr power = Fr::one();
  const Fr rho = random_fr(random);
  for (int c = 0; c < 6; ++c) {
    Quadratic form;
    for (int k = 0; k < c; ++k) {
      form.products.push_back({random_fr(random), random_form(random, kSlots), random_form(random, kSlots)});
    }
    form.affine = random_form(random, kSlots);
    Fr value = evaluate_form_at(form.affine, x);
    for (const auto& p : form.products)
      value += p.coefficient * evaluate_form_at(p.left, x) * evaluate_form_at(p.right, x);
    expected += power * value;
    power *= rho;
    constraints.push_back({"c", std::move(form)});
  }
  const PadFold fold(constraints, sent, rho);
  EXPECT_EQ(fold.evaluate(Fr::one(), pads), expected);
  const PadFold::PadForm linear = fold.linearise(rho, pads);
  Fr value = linear.constant;
  for (std::size_t i = 0; i < pads.size(); ++i) value += linear.coefficients[i] * pads[i];
  EXPECT_EQ(value, fold.evaluate(rho, pads));
  const auto combined = [&](const Fr& r) {
    std::vector<Fr> out;
    for (std::uint32_t i = 0; i < kSlots; ++i) out.push_back(masks[i] + r * pads[i]);
    return fold.evaluate(r, out);
  };
  const Fr t0 = fold.evaluate(Fr::zero(), masks);
  const Fr t2 = fold.evaluate(Fr::one(), pads);
  const Fr t1 = combined(Fr::one()) - t0 - t2;
  const Fr r = random_fr(random);
  EXPECT_EQ(combined(r), t0 + r * t1 + r.square() * t2);
}

}  // namespace
}  // namespace veil
