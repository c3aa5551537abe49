#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Draws what demo_steps.sh has recorded, as an SVG document on standard output: the sessions of each pod over time,
# stacked, once for each application, and how many statements failed.
#   picture.sh SAMPLES STEPS MODE
# SAMPLES: seconds, then for each application its failures so far and its sessions on db-0 to db-4; STEPS: second, name.
set -euo pipefail

awk -F '\t' -v mode="$3" -v steps_file="$2" '
function text(at_x, at_y, attributes, words) {
    printf "<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", at_x, at_y, attributes, words
}
function line(x1, y1, x2, y2, attributes) {
    printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2, y2, attributes
}
function rectangle(at_x, at_y, wide, high, attributes) {
    printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" %s/>\n", at_x, at_y, wide, high, attributes
}
function x(seconds) { return left + seconds / last * (right - left) }
function y(app, sessions) { return bottom[app] - sessions / most * panel }
function end_of(step) { return step < steps ? begins[step + 1] : last }
# The last sample up to a second.
function sample_before(seconds, i) {
    for (i = samples; i > 1 && at[i] > seconds; --i);
    return i
}
# Sessions of all pods below this one.
function below(app, sample, pod, i, sum) {
    sum = 0
    for (i = 0; i < pod; ++i) sum += sessions[app, sample, i]
    return sum
}
function bands(app, pod, i) {
    for (pod = 0; pod < 5; ++pod) {
        printf "<polygon fill=\"%s\" stroke=\"#ffffff\" stroke-width=\"1.2\" stroke-linejoin=\"round\" points=\"", fill[pod]
        for (i = 1; i <= samples; ++i) printf "%.1f,%.1f ", x(at[i]), y(app, below(app, i, pod + 1))
        for (i = samples; i > 0; --i) printf "%.1f,%.1f ", x(at[i]), y(app, below(app, i, pod))
        printf "\"/>\n"
    }
}
# What each pod has at the end of each step, where there is room for it.
function counts(app, step, i, pod, own) {
    for (step = 1; step <= steps; ++step) {
        i = sample_before(end_of(step))
        for (pod = 0; pod < 5; ++pod) {
            own = sessions[app, i, pod]
            if (own * panel / most < 13) continue
            text(x(at[i]) - 6, y(app, below(app, i, pod) + own / 2) + 4.5, \
                "text-anchor=\"end\" font-weight=\"600\" fill=\"" ink[pod] "\"", own)
        }
    }
}
function failures(app, step, count) {
    for (step = 1; step <= steps; ++step) {
        count = failed[app, sample_before(end_of(step))]
        if (step > 1) count -= failed[app, sample_before(begins[step])]
        text(x(begins[step]) + 6, top[app] - 7, "font-size=\"12\" fill=\"" (count ? "#b3261e" : "#555555") "\"", \
            count " failed")
    }
}
function axes(app, mark) {
    for (mark = 0; mark <= most; mark += 10) {
        line(left - 5, y(app, mark), left, y(app, mark), "stroke=\"#888888\"")
        text(left - 9, y(app, mark) + 4, "text-anchor=\"end\" fill=\"#555555\"", mark)
    }
    line(left, top[app], left, bottom[app], "stroke=\"#888888\"")
    line(left, bottom[app], right, bottom[app], "stroke=\"#888888\"")
    printf "<text transform=\"translate(20 %.1f) rotate(-90)\" text-anchor=\"middle\" fill=\"#555555\">sessions</text>\n", \
        (top[app] + bottom[app]) / 2
}
# Beside the bands as they are at the end, but never one above the other.
function legend(app, pod, middle, lowest) {
    lowest = bottom[app] + 18
    for (pod = 0; pod < 5; ++pod) {
        middle = (below(app, samples, pod) + below(app, samples, pod + 1)) / 2
        lowest = y(app, middle) < lowest - 18 ? y(app, middle) : lowest - 18
        rectangle(right + 14, lowest - 6, 12, 12, "rx=\"2\" fill=\"" fill[pod] "\"")
        text(right + 33, lowest + 4.5, "fill=\"#222222\"", "db-" pod ": " sessions[app, samples, pod])
    }
}
function panel_of(app, name, step) {
    text(left, top[app] - 28, "font-size=\"15\" font-weight=\"600\" fill=\"#222222\"", name)
    for (step = 1; step <= steps; ++step) {
        rectangle(x(begins[step]), top[app], x(end_of(step)) - x(begins[step]), panel, \
            "fill=\"" (step % 2 ? "#f4f5f7" : "#fafbfc") "\"")
    }
    bands(app)
    axes(app)
    counts(app)
    failures(app)
    legend(app)
}
# A name that has no room beside the one before it is higher.
function step_names(step, free, raised) {
    for (step = 1; step <= steps; ++step) {
        raised = x(begins[step]) < free && !raised ? 15 : 0
        free = x(begins[step]) + 12 + 7.5 * length(names[step])
        if (step > 1) line(x(begins[step]), 76 - raised, x(begins[step]), bottom[1], "stroke=\"#444444\" stroke-dasharray=\"2 4\"")
        text(x(begins[step]) + 6, 86 - raised, "font-weight=\"600\" fill=\"#222222\"", names[step])
    }
}
function time_axis(mark, step) {
    step = last > 200 ? 50 : 20
    for (mark = 0; mark <= last; mark += step) {
        line(x(mark), bottom[1], x(mark), bottom[1] + 5, "stroke=\"#888888\"")
        text(x(mark), bottom[1] + 20, "text-anchor=\"middle\" fill=\"#555555\"", mark)
    }
    text((left + right) / 2, bottom[1] + 42, "text-anchor=\"middle\" fill=\"#555555\"", "seconds")
}
BEGIN {
    # Colours that colour-blind readers can tell apart (Okabe and Ito), as in the other pictures.
    split("#0072b2 #e69f00 #009e73 #cc79a7 #56b4e9", colours, " ")
    split("#ffffff #222222 #ffffff #222222 #222222", inks, " ")
    for (pod = 0; pod < 5; ++pod) { fill[pod] = colours[pod + 1]; ink[pod] = inks[pod + 1] }
    width = 960; height = 656; left = 62; right = width - 110; panel = 200
    top[0] = 144; top[1] = 400
    for (app = 0; app < 2; ++app) bottom[app] = top[app] + panel
    most = 30
    while ((getline row <steps_file) > 0) {
        split(row, fields, "\t")
        begins[++steps] = fields[1]; names[steps] = fields[2]
    }
    begins[1] = 0
}
{
    at[++samples] = $1
    for (app = 0; app < 2; ++app) {
        failed[app, samples] = $(2 + app * 6)
        for (pod = 0; pod < 5; ++pod) sessions[app, samples, pod] = $(3 + app * 6 + pod)
        total = below(app, samples, 5)
        if (total > most) most = total
    }
}
END {
    last = at[samples]
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" " \
        "font-family=\"system-ui, \x27Segoe UI\x27, Helvetica, Arial, sans-serif\" font-size=\"13\">\n", width, height, width, height
    title = "30 database sessions behind one Kubernetes Service"
    print "<title>" title "</title>"
    print "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"
    text(left, 32, "font-size=\"19\" font-weight=\"600\" fill=\"#222222\"", title)
    text(left, 54, "fill=\"#555555\"", "PostgreSQL sessions per pod, counted in pg_stat_activity; real cluster, kube-proxy with " \
        mode "; 30 clients each, statements of 0.2 s")
    panel_of(0, "Ordinary pool, through the cluster IP")
    panel_of(1, "podpool, pool_discovery=kubernetes")
    step_names()
    time_axis()
    print "</svg>"
}' "$1"
