import java.util.concurrent.CountDownLatch;

import org.codelibs.elasticsearch.runner.ElasticsearchClusterRunner;

/**
 * One node of Elasticsearch 7 with all its open modules: {@code StackElasticsearch7 HOME DATA HTTP_PORT}.
 *
 * <p>It listens on 127.0.0.1 alone, and ends cleanly on SIGTERM.
 */
public final class StackElasticsearch7 {
    public static void main(String[] arguments) throws Exception {
        ElasticsearchClusterRunner runner = new ElasticsearchClusterRunner();
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                runner.close();
            } catch (Exception error) {
                error.printStackTrace();
            } finally {
                stopped.countDown();
            }
        }));
        runner.onBuild((number, settings) -> settings
            .put("path.data", arguments[1])
            .put("http.port", arguments[2])
            .put("http.host", "127.0.0.1")
            .put("transport.host", "127.0.0.1")
            .put("transport.port", "0")
            .put("cluster.name", "tributary")
            .put("node.name", "elasticsearch")
            .put("discovery.type", "single-node")
            // A nearly full disk of a developer must not turn the indices read-only.
            .put("cluster.routing.allocation.disk.threshold_enabled", false));
        runner.build(ElasticsearchClusterRunner.newConfigs().basePath(arguments[0]).numOfNode(1)
            .clusterName("tributary"));
        stopped.await();
    }
}
