import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Servers that speak MongoDB's wire protocol and keep everything in memory, each with its own data and on a free port of 127.0.0.1.
 * Reads commands, one a line: {@code start}, answered by the port, and {@code stop PORT}, answered by the same port. Ends with its input.
 * The main class of mongo-java-server reports a version that the driver refuses.
 */
public class TestMongo {
    /** What the driver asks for at least. */
    private static final class Version implements MongoVersion {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 9;
        }
    }

    public static void main(String[] args) throws IOException {
        Map<Integer, MongoServer> servers = new HashMap<>();
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            String[] words = line.split(" ");
            int port;
            if (words[0].equals("start")) {
                MongoServer server = startServer();
                port = server.getLocalAddress().getPort();
                servers.put(port, server);
            } else {
                port = Integer.parseInt(words[1]);
                servers.remove(port).shutdownNow();
            }
            System.out.println(port);
        }
        System.exit(0);
    }

    private static MongoServer startServer() {
        MemoryBackend backend = new MemoryBackend();
        backend.version(new Version());
        MongoServer server = new MongoServer(backend);
        // Change streams are made from it.
        server.enableOplog();
        server.bind("127.0.0.1", 0);
        return server;
    }
}
