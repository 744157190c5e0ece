// SPDX-License-Identifier: GPL-2.0
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Arrays;

/**
 * Http serve ADDRESS PORT: answer each request with its own body
 * Http sockets ADDRESS PORT N BYTES: N requests with a body of BYTES, on a connection kept
 * Http channels ADDRESS PORT N BYTES: the same, each on a channel that does not block
 */
class Http {
	static void serve(InetSocketAddress address) throws IOException {
		HttpServer server = HttpServer.create(address, 50);

		server.createContext("/", exchange -> {
			byte[] body = exchange.getRequestBody().readAllBytes();

			exchange.sendResponseHeaders(200, body.length);
			exchange.getResponseBody().write(body);
			exchange.close();
		});
		server.start();
	}

	static byte[] body(int i, int bytes) {
		byte[] body = new byte[bytes];

		for (int k = 0; k < bytes; k++)
			body[k] = (byte) (k * 31 + k / 251 + i);
		return body;
	}

	static void same(int i, byte[] got, byte[] wanted) throws IOException {
		if (!Arrays.equals(got, wanted))
			throw new IOException("answer " + i);
	}

	static void bySocket(InetSocketAddress address, int i, byte[] body) throws IOException {
		URL url = new URL("http", address.getHostString(), address.getPort(), "/");
		HttpURLConnection connection = (HttpURLConnection) url.openConnection();

		connection.setDoOutput(true);
		connection.setFixedLengthStreamingMode(body.length);
		connection.getOutputStream().write(body);
		same(i, connection.getInputStream().readAllBytes(), body);
	}

	static void byChannel(InetSocketAddress address, int i, byte[] body) throws IOException {
		String head = "POST / HTTP/1.1\r\nHost: xtcp\r\nConnection: close\r\nContent-Length: "
			+ body.length + "\r\n\r\n";
		ByteBuffer[] out = { ByteBuffer.wrap(head.getBytes()), ByteBuffer.wrap(body) };
		ByteBuffer in = ByteBuffer.allocate(body.length + 4096);

		try (Selector selector = Selector.open(); SocketChannel channel = SocketChannel.open()) {
			channel.configureBlocking(false);
			boolean connected = channel.connect(address);
			SelectionKey key = channel.register(selector,
				connected ? SelectionKey.OP_WRITE : SelectionKey.OP_CONNECT);

			for (int got = 0; got >= 0;) {
				selector.select();
				if (key.isConnectable() && channel.finishConnect())
					key.interestOps(SelectionKey.OP_WRITE | SelectionKey.OP_READ);
				if (key.isWritable()) {
					channel.write(out);
					if (!out[1].hasRemaining())
						key.interestOps(SelectionKey.OP_READ);
				}
				if (key.isReadable())
					got = channel.read(in);
			}
		}
		int from = in.position() - body.length;
		same(i, Arrays.copyOfRange(in.array(), Math.max(from, 0), in.position()), body);
	}

	public static void main(String[] args) throws IOException {
		InetSocketAddress address = new InetSocketAddress(args[1], Integer.parseInt(args[2]));

		if (args[0].equals("serve")) {
			serve(address);
			return;
		}
		for (int i = 0; i < Integer.parseInt(args[3]); i++) {
			byte[] body = body(i, Integer.parseInt(args[4]));

			if (args[0].equals("sockets"))
				bySocket(address, i, body);
			else
				byChannel(address, i, body);
		}
	}
}
