// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/arrivals.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <variant>
#include <vector>

#include "sim-core/engine/elementary.hpp"

namespace windtunnel::scenario {

namespace {

constexpr double forever = std::numeric_limits<double>::infinity();

double exponential(random_stream& random) {
    return -sim::own_log(random.uniform_open());
}

/// Exactly one every 1/rate, the first at once: counted, so that no error adds up.
class constant_process final : public arrival_process {
  public:
    explicit constant_process(double rate) : rate_(rate) {}
    std::optional<arrival> next() override {
        return arrival{from_seconds(static_cast<double>(count_++) / rate_), 1};
    }

  private:
    double rate_;
    std::uint64_t count_ = 0;
};

class poisson_process final : public arrival_process {
  public:
    poisson_process(double rate, int batch, random_stream random)
        : gap_(batch / rate), batch_(batch), random_(random) {}
    std::optional<arrival> next() override {
        at_ += from_seconds(gap_ * exponential(random_));
        return arrival{at_, batch_};
    }

  private:
    double gap_; ///< mean, in seconds
    int batch_;
    random_stream random_;
    duration at_{};
};

/// A rate that is linear in pieces, in requests a second over seconds.
struct piece {
    double end; ///< since the start
    double from_rate, to_rate;
};

class varying_process final : public arrival_process {
  public:
    varying_process(std::vector<piece> pieces, bool regular, random_stream random)
        : regular_(regular), random_(random) {
        for (const piece& p : pieces) // without those of no length, which have no slope
            if (p.end > (pieces_.empty() ? 0 : pieces_.back().end))
                pieces_.push_back(p);
    }

    std::optional<arrival> next() override {
        double wanted = regular_ ? 1 : exponential(random_);
        for (; place_ < pieces_.size(); begin_ = at_ = pieces_[place_++].end) {
            const piece& p = pieces_[place_];
            const double slope =
                p.end == forever ? 0 : (p.to_rate - p.from_rate) / (p.end - begin_);
            const double rate = p.from_rate + slope * (at_ - begin_);
            const double step = time_for(wanted, rate, slope);
            if (at_ + step <= p.end && step != forever) {
                at_ += step;
                return arrival{from_seconds(at_), 1};
            }
            if (p.end == forever)
                return std::nullopt;
            const double left = p.end - at_;
            wanted -= left * (rate + slope * left / 2);
        }
        return std::nullopt;
    }

  private:
    /// After how long the integral of rate + slope t has grown by `wanted`; forever: it never does.
    static double time_for(double wanted, double rate, double slope) {
        if (slope == 0)
            return rate > 0 ? wanted / rate : forever;
        const double root = rate * rate + 2 * slope * wanted;
        return root < 0 ? forever : 2 * wanted / (rate + std::sqrt(root));
    }

    std::vector<piece> pieces_;
    bool regular_;
    random_stream random_;
    std::size_t place_ = 0;
    double begin_ = 0, at_ = 0;
};

/// A Poisson process whose rate switches (MMPP-2); it begins in its stationary state.
class switching_process final : public arrival_process {
  public:
    switching_process(const on_off_arrivals& spec, random_stream random)
        : spec_(spec), random_(random) {
        const double on = to_seconds(spec.on_mean), off = to_seconds(spec.off_mean);
        on_ = random_.uniform() < on / (on + off);
        until_ = drawn_stay();
    }

    std::optional<arrival> next() override {
        double wanted = std::exchange(left_, 0);
        if (wanted == 0)
            wanted = exponential(random_);
        for (int stays = 0; stays < most_stays; ++stays) {
            const double rate = on_ ? spec_.on_rate : spec_.off_rate;
            if (at_ + wanted / rate <= until_) { // a rate of zero makes this infinite, and false
                at_ += wanted / rate;
                return arrival{from_seconds(at_), 1};
            }
            wanted -= (until_ - at_) * rate;
            at_ = until_;
            on_ = !on_;
            until_ += drawn_stay();
        }
        left_ = wanted;
        return arrival{from_seconds(at_), 0};
    }

  private:
    /// In one call: after so many nobody has come, and the caller looks around.
    static constexpr int most_stays = 100'000;

    double drawn_stay() {
        return to_seconds(on_ ? spec_.on_mean : spec_.off_mean) * exponential(random_);
    }

    on_off_arrivals spec_;
    random_stream random_;
    bool on_;
    double at_ = 0, until_ = 0;
    double left_ = 0; ///< of what is still to pass before the next arrival
};

struct maker {
    using made = std::unique_ptr<arrival_process>;
    random_stream random;

    made operator()(const constant_arrivals& a) const {
        return std::make_unique<constant_process>(a.rate);
    }
    made operator()(const poisson_arrivals& a) const {
        return std::make_unique<poisson_process>(a.rate, 1, random);
    }
    made operator()(const batch_arrivals& a) const {
        return std::make_unique<poisson_process>(a.rate, a.size, random);
    }
    made operator()(const on_off_arrivals& a) const {
        return std::make_unique<switching_process>(a, random);
    }
    made operator()(const ramp_arrivals& a) const {
        return std::make_unique<varying_process>(
            std::vector<piece>{{to_seconds(a.over), a.from, a.to}, {forever, a.to, a.to}},
            a.regular, random);
    }
    made operator()(const spike_arrivals& a) const {
        const double at = to_seconds(a.at),
                     over =
                         to_seconds(saturating_add(time_point{a.at}, a.length).time_since_epoch());
        return std::make_unique<varying_process>(std::vector<piece>{{at, a.base, a.base},
                                                                    {over, a.peak, a.peak},
                                                                    {forever, a.base, a.base}},
                                                 a.regular, random);
    }
    made operator()(const closed_users&) const { return nullptr; }
};

} // namespace

arrivals_spec scaled(arrivals_spec spec, double factor) {
    struct scaling {
        double by;
        void operator()(constant_arrivals& a) const { a.rate *= by; }
        void operator()(poisson_arrivals& a) const { a.rate *= by; }
        void operator()(batch_arrivals& a) const { a.rate *= by; }
        void operator()(on_off_arrivals& a) const {
            a.on_rate *= by;
            a.off_rate *= by;
        }
        void operator()(ramp_arrivals& a) const {
            a.from *= by;
            a.to *= by;
        }
        void operator()(spike_arrivals& a) const {
            a.base *= by;
            a.peak *= by;
        }
        void operator()(closed_users& a) const {
            a.count = std::max(1, static_cast<int>(std::lround(a.count * by)));
        }
    };
    std::visit(scaling{factor}, spec);
    return spec;
}

std::unique_ptr<arrival_process> make_arrivals(const arrivals_spec& spec, random_stream random) {
    return std::visit(maker{random}, spec);
}

} // namespace windtunnel::scenario
