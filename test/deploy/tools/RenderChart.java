import com.marcnuri.helm.Helm;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Lints a chart, then renders it once for each values file, by Helm itself.
 *
 * <p>Arguments: the chart, a directory for what comes out, values files. Of values.yaml the manifests are written to
 * values.yaml.manifests, or what Helm says against it to values.yaml.refused; of the lint to lint.manifests or lint.refused.
 */
public class RenderChart {
  public static void main(String[] args) throws Exception {
    Path chart = Path.of(args[0]);
    Path directory = Path.of(args[1]);
    write(directory, "lint", () -> {
      var lint = new Helm(chart).lint().strict().call();
      String messages = String.join("\n", lint.getMessages());
      if (lint.isFailed()) throw new IllegalStateException(messages);
      return messages;
    });
    for (int i = 2; i < args.length; i++) {
      Path values = Path.of(args[i]);
      write(
          directory,
          values.getFileName().toString(),
          () ->
              new Helm(chart)
                  .template()
                  .withName("p2i")
                  .withNamespace("p2i")
                  .withKubeVersion("1.33.0")
                  .withValuesFile(values)
                  .call());
    }
  }

  private interface Rendering {
    String call() throws Exception;
  }

  private static void write(Path directory, String name, Rendering rendering) throws Exception {
    try {
      Files.writeString(directory.resolve(name + ".manifests"), rendering.call());
    } catch (IllegalStateException e) {
      Files.writeString(directory.resolve(name + ".refused"), String.valueOf(e.getMessage()));
    }
  }
}
