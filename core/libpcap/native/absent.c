/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * What Debian's static libpcap refers to but compiling filters never needs: capturing from D-Bus, standard streams for
 * debug output, clean-up at exit. With these, the library that the executable carries depends on the C library alone.
 */
void *stdin, *stdout, *stderr;

int atexit(void (*function)(void))
{
	(void)function;
	return -1;
}

#define ABSENT(name)                                                                                                   \
	void name(void)                                                                                                \
	{                                                                                                              \
		__builtin_trap();                                                                                      \
	}

ABSENT(dbus_bus_add_match)
ABSENT(dbus_bus_get)
ABSENT(dbus_bus_register)
ABSENT(dbus_connection_flush)
ABSENT(dbus_connection_open)
ABSENT(dbus_connection_pop_message)
ABSENT(dbus_connection_read_write)
ABSENT(dbus_connection_send)
ABSENT(dbus_connection_set_max_received_size)
ABSENT(dbus_connection_unref)
ABSENT(dbus_error_free)
ABSENT(dbus_error_is_set)
ABSENT(dbus_free)
ABSENT(dbus_message_demarshal)
ABSENT(dbus_message_is_signal)
ABSENT(dbus_message_marshal)
ABSENT(dbus_message_unref)
