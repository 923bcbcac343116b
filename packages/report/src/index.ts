/** @file The public names of the package. `@pickapic/report/figures` and `@pickapic/report/html` draw nothing and load fast. */
export { barPlot, calendarPlot, rankedPlot } from "./bars.ts";
export { type BestOfLine, bestOfLegend, bestOfPlot } from "./bestOfPlot.ts";
export { figureCard, pairCard } from "./cards.ts";
export { curvePlot, type DataPoint, dataSizePlot, lossCurves, reliabilityPlot } from "./curves.ts";
export { page } from "./page.ts";
export {
  agreementPlot,
  type GroupedPoint,
  intervalPlot,
  type MeasuredShare,
  pointsPlot,
  ratingPlot,
  type TrainingPoint,
  timePlot,
} from "./plots.ts";
