/** @file The public names of the package. What needs no drawing is at `@pickapic/report/figures` and `@pickapic/report/html`, which load at once. */
export { figureCard, pairCard } from "./cards.ts";
export { curvePlot, type DataPoint, dataSizePlot, lossCurves, reliabilityPlot } from "./curves.ts";
export { page } from "./page.ts";
export { agreementPlot, intervalPlot, lossPlot, type Measured, type TrainingPoint, timePlot, validationPlot } from "./plots.ts";
