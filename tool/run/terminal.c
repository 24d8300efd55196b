/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "run.h"

static struct termios before;
static bool changed;

bool terminal_raw(void)
{
	struct termios raw;

	if (!isatty(0) || tcgetattr(0, &before) < 0)
		return false;
	raw = before;
	raw.c_iflag &=
		~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw.c_cflag &= ~(tcflag_t)(CSIZE | PARENB);
	raw.c_cflag |= CS8;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	changed = tcsetattr(0, TCSANOW, &raw) == 0;
	return changed;
}

bool terminal_small(unsigned int *columns, unsigned int *rows)
{
	struct winsize size;

	if (ioctl(1, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row)
		return false;
	*columns = size.ws_col;
	*rows = size.ws_row;
	return *columns < TERMINAL_COLUMNS || *rows < TERMINAL_ROWS;
}

void terminal_restore(void)
{
	if (changed)
		tcsetattr(0, TCSADRAIN, &before);
	changed = false;
}
