/** Words that say nothing of what a text is about. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `a an the and or of in on at to with for from by near into onto over under between about above across after against
  along among around as before behind below beneath beside beyond but down during except inside like off out outside
  past per since than through throughout till toward towards until up upon via within without is are was were be been
  being am do does did has have had having it its this that these those he she they them his her their our your my we
  you i me us him who whom whose which what when where while how not no nor so too very can could will would shall
  should may might must`.split(/\s+/),
);
