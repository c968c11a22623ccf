# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# Instructions per packet, one panel for each architecture. Called by lib/bench.sh with base and archs; report has left
# BASE/ARCH.tsv: a row for each workload, a column for each contender.

set terminal pngcairo size 1600, 560 * words(archs) font "sans,11"
set output base."/results.png"
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.85 noborder
set boxwidth 0.9
set datafile separator "\t"
set datafile missing "-"
set key outside top center horizontal noenhanced
set xtics rotate by -30 noenhanced
set grid ytics
set yrange [0:*]
set ylabel "guest kernel instructions per packet"
set multiplot layout words(archs), 1
do for [arch in archs] {
	file = base."/".arch.".tsv"
	columns = int(system("head -n 1 ".file." | wc -w"))
	set title arch
	plot for [column = 2:columns] file using column:xtic(1) title columnheader(column)
}
unset multiplot
