/* The laws in C: sub-expressions at their own depth, OpenMP over the outer axes, SIMD over the last. */
#include <math.h>
#include <stdlib.h>

typedef long I;

static inline double radius(double c) {
    double a = sqrt(c / 2), b = cbrt(c), e = a < b ? a : b;
    for (int i = 0; i < 4; i++) e -= (e * e * (e + 2) - c) / (e * (3 * e + 4));
    return e < 2 ? e : 2;
}

/* psi(K + n) - psi(K + 1), shifted by 8 and then by its asymptotic series */
static inline double digamma(double x) {
    double s = 0;
    for (int i = 0; i < 8; i++) s += 1 / (x + i);
    double y = x + 8, w = 1 / (y * y);
    return log(y) - 0.5 / y - w * (1. / 12 - w * (1. / 120 - w * (1. / 252 - w * (1. / 240 - w * (1. / 132 - w * 691. / 32760))))) - s;
}
static inline double atoms(double n, double K) { return 1 + K * (digamma(K + n) - digamma(K + 1)); }

static inline double chinchilla(double N, double D, const double *q) {
    return q[2] + q[0] * pow(N, -q[3]) + q[1] * pow(D, -q[4]);
}
static inline double truncated(double n, double T, double d, double K) {
    double decay = log1p(2 / K), first = log(T / (4 * d * (K + 2))), most = floor(1 + first / decay);
    double m = n < most ? n : most;
    double v = exp(-decay * m) / 16 + m / T * (d / 2 + log(2.) + d / 2 * first - d / 4 * (m - 1) * decay);
    return most >= 1 ? v : 1. / 16;
}
static inline double shrunk(double n, double T, double d, double K) {
    double ell = log1p((n - 1) / K), A = 1 + K * ell, y = 8 * d * A * (n + K) / (n * T), l = log(y);
    return (K + n * (y < 1 ? y : 1)) / (16 * (n + K)) + (K * (ell + ell * ell / 2) + A * (log(2.) - d / 2 * (l < 0 ? l : 0))) / T;
}
static inline double of_radius(double A, double rest, double n, double T, double d, double K) {
    double e = radius(16 * A * d / T);
    return K / (16 * n) + e * e / 16 + A / T * (rest + d * log1p(2 / e));
}

#define POINTS(name, call)                                                                             \
    void points_##name(I count, const double *n, const double *T, const double *d, const double *K,    \
                       const double *q, double *out) {                                                 \
        _Pragma("omp parallel for simd") for (I i = 0; i < count; i++) out[i] = call;                  \
    }
POINTS(chinchilla_replication, chinchilla(n[i], T[i], q))
POINTS(truncated_student, truncated(n[i], T[i], *d, *K))
POINTS(shrunk_student, shrunk(n[i], T[i], *d, *K))
POINTS(sampled_student, of_radius(atoms(n[i], *K), log(2 * n[i]), n[i], T[i], *d, *K))
POINTS(parameter_counting, of_radius(n[i], log(2.), n[i], T[i], *d, *K))

void grid_chinchilla_replication(const I *s, const double *N, const double *D, const double *q, double *out) {
    double *t = malloc(s[1] * sizeof *t);
#pragma omp parallel
    {
#pragma omp for simd
        for (I j = 0; j < s[1]; j++) t[j] = q[1] * pow(D[j], -q[4]);
#pragma omp for
        for (I i = 0; i < s[0]; i++) {
            double a = q[2] + q[0] * pow(N[i], -q[3]);
#pragma omp simd
            for (I j = 0; j < s[1]; j++) out[i * s[1] + j] = a + t[j];
        }
    }
    free(t);
}

#define GRID(name, of_cell, of_row, of_value, done)                                                       \
    void grid_##name(const I *s, const double *ds, const double *Ks, const double *ns, const double *Ts, double *out) { \
        double *inverse = malloc(s[3] * sizeof *inverse);                                               \
        for (I l = 0; l < s[3]; l++) inverse[l] = 1 / Ts[l];                                            \
        _Pragma("omp parallel for collapse(2)") for (I i = 0; i < s[0]; i++) for (I j = 0; j < s[1]; j++) { \
            double d = ds[i], K = Ks[j];                                                                \
            of_cell;                                                                                    \
            for (I k = 0; k < s[2]; k++) {                                                              \
                double n = ns[k], *row = out + ((i * s[1] + j) * s[2] + k) * s[3];                      \
                of_row;                                                                                 \
                _Pragma("omp simd") for (I l = 0; l < s[3]; l++) { double v = inverse[l]; of_value; }   \
            }                                                                                           \
            done;                                                                                       \
        }                                                                                               \
        free(inverse);                                                                                  \
    }
GRID(shrunk_student, ,
     double ell = log1p((n - 1) / K); double A = 1 + K * ell; double u = 8 * d * A * (n + K) / n; double h = A * d / 2;
     double a = K / (16 * (n + K)); double b = n / (16 * (n + K)); double c = K * (ell + ell * ell / 2) + A * log(2.),
     double y = u * v; double g = log(y); row[l] = a + b * (y < 1 ? y : 1) + (c - h * (g < 0 ? g : 0)) * v, )
GRID(sampled_student, ,
     double A = atoms(n, K); double a = K / (16 * n); double r = log(2 * n); double u = 16 * A * d,
     double e = radius(u * v); row[l] = a + e * e / 16 + A * v * (r + d * log1p(2 / e)), )
GRID(parameter_counting, , double a = K / (16 * n); double u = 16 * n * d,
     double e = radius(u * v); row[l] = a + e * e / 16 + n * v * (log(2.) + d * log1p(2 / e)), )
GRID(truncated_student, double decay = log1p(2 / K); double *first = malloc(4 * s[3] * sizeof *first);
     double *most = first + s[3]; double *tail = most + s[3]; double *base = tail + s[3];
     for (I l = 0; l < s[3]; l++) {
         first[l] = log(Ts[l] / (4 * d * (K + 2)));
         most[l] = floor(1 + first[l] / decay);
         tail[l] = exp(-decay * most[l]) / 16;
         base[l] = d / 2 + log(2.) + d / 2 * first[l] + d / 4 * decay;
     },
     double head = exp(-decay * n) / 16,
     double m = n < most[l] ? n : most[l]; double left = head > tail[l] ? head : tail[l];
     double w = left + m * v * (base[l] - d / 4 * decay * m); row[l] = most[l] >= 1 ? w : 1. / 16, free(first))

void store(I count, double *out) {
#pragma omp parallel for simd
    for (I i = 0; i < count; i++) out[i] = 1.5;
}
double fetch(I count, const double *in) {
    double total = 0;
#pragma omp parallel for simd reduction(+ : total)
    for (I i = 0; i < count; i++) total += in[i];
    return total;
}
